libscep_enroll_la_SOURCES =
