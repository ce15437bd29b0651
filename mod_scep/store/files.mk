libscep_store_la_SOURCES =
