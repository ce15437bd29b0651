libscep_enroll_la_SOURCES = \
	mod_scep/enroll/scep_authorize.c mod_scep/enroll/scep_authorize.h \
	mod_scep/enroll/scep_draw.c mod_scep/enroll/scep_draw.h \
	mod_scep/enroll/scep_getcacert.c \
	mod_scep/enroll/scep_operation.c mod_scep/enroll/scep_operation.h \
	mod_scep/enroll/scep_pkcsreq.c mod_scep/enroll/scep_pkcsreq.h \
	mod_scep/enroll/scep_pkioperation.c \
	mod_scep/enroll/scep_refusal.c mod_scep/enroll/scep_refusal.h \
	mod_scep/enroll/scep_service.c mod_scep/enroll/scep_service.h
