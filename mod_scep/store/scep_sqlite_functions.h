/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sqlite_functions.h
 * Functions of PostgreSQL that SQLite lacks and the migrations need. (store
 * layer: libsqlite3)
 */
#ifndef SCEP_SQLITE_FUNCTIONS_H
#define SCEP_SQLITE_FUNCTIONS_H

#include <sqlite3.h>

/** DECODE(text, 'hex' or 'base64'): the octets; NULL if TEXT is neither.
 * @return a code of SQLite */
int scep_sqlite_functions(sqlite3 *db);

#endif
