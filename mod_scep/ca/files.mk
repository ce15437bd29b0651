libscep_ca_la_SOURCES =
