/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_state_files.h
 * The names of the files of a server's state, for httpd and scepctl. (base
 * layer)
 */
#ifndef SCEP_STATE_FILES_H
#define SCEP_STATE_FILES_H

/* In the state directory. */
#define SCEP_STATE_KEY "challenge.key"
#define SCEP_STATE_DATABASE "scep.db"
#define SCEP_STATE_MASTER "master-password.cms"

/** This file exists while httpd may make what is missing: from `scepctl init`
 * or `scepctl begin-anew` to the end of the next start. */
#define SCEP_STATE_FIRST_START "first-start"

/** This file exists while `scepctl restore` writes. */
#define SCEP_STATE_UNFINISHED "unfinished-restore"

/** Beside the CA's certificate. It names the directory in which `scepctl init`
 * made the state. If that is empty, its file system is not mounted. */
#define SCEP_STATE_DIRECTORY "state-directory"

#endif
