/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_in_use_p.h
 * The names of the members of in-use.json, for its writer and its reader. (base
 * layer, private)
 */
#ifndef SCEP_IN_USE_P_H
#define SCEP_IN_USE_P_H

/* Increase this if an old reader would misunderstand the new format. */
enum { SCEP_IN_USE_FORMAT_NUMBER = 1 };

#define SCEP_IN_USE_FORMAT "format"
#define SCEP_IN_USE_VERSION "version"
#define SCEP_IN_USE_WRITTEN "written" /* microseconds since 1970 */
#define SCEP_IN_USE_STATE_DIR "stateDir"
#define SCEP_IN_USE_USER "user"
#define SCEP_IN_USE_UID "uid"
#define SCEP_IN_USE_GID "gid"
#define SCEP_IN_USE_STATE_DIRS "stateDirs"
#define SCEP_IN_USE_CONFS "configuration"
#define SCEP_IN_USE_CAS "cas"

#define SCEP_IN_USE_PATH "path"
#define SCEP_IN_USE_MODIFIED "modified"

#define SCEP_IN_USE_NAME "name"
#define SCEP_IN_USE_ALIAS "section"
#define SCEP_IN_USE_SERVERS "servers"
#define SCEP_IN_USE_SUBJECT "subject"
#define SCEP_IN_USE_SCOPE "scope"
#define SCEP_IN_USE_CERT "certificate"
#define SCEP_IN_USE_KEY "key"
#define SCEP_IN_USE_NEXT_SCOPE "nextScope"
#define SCEP_IN_USE_NEXT_CERT "nextCertificate"
#define SCEP_IN_USE_NEXT_KEY "nextKey"
#define SCEP_IN_USE_RA_DIR "raDirectory"
#define SCEP_IN_USE_PAIRS "pairs"
#define SCEP_IN_USE_DRIVER "databaseDriver"
#define SCEP_IN_USE_PARAMS "database"
#define SCEP_IN_USE_PASSWORD "databasePasswordLeftOut"
#define SCEP_IN_USE_MASTER_FILE "masterPasswordFile"
#define SCEP_IN_USE_SINGLE "masterPasswordUsed"
#define SCEP_IN_USE_KEPT "retention" /* optional; an array, as below */

#define SCEP_IN_USE_KIND "kind"
#define SCEP_IN_USE_SECONDS "seconds"

#define SCEP_IN_USE_FINGERPRINT "fingerprint"
#define SCEP_IN_USE_DECRYPTS "decrypts"
#define SCEP_IN_USE_OWN "own"

#endif
