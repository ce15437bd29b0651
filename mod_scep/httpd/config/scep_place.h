/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_place.h
 * Where in the configuration each value was set, and messages that name that
 * line. scep_setting.c notes file and line in the record of the value. Merged
 * records keep the places of the values that they keep. (httpd layer)
 *
 * A message about a setting names its directive before any other. If the
 * directive was set several times, its value follows. In this way the line is
 * found even for messages of layers that know nothing of configuration files.
 */
#ifndef SCEP_PLACE_H
#define SCEP_PLACE_H

#include "scep_config.h"

/** A directive that was set. */
typedef struct scep_place_t {
    const command_rec *set;
    const char *value; /* its arguments as they stand there */
    const char *at;    /* file:line */
} scep_place_t;

/** "file:line" of the directive that is being read. From CMD's pool. */
const char *scep_place_here(const cmd_parms *cmd);

/** Add what CMD sets to *PLACES (scep_place_t), which is made if it is NULL. */
void scep_place_note(cmd_parms *cmd, apr_array_header_t **places);

/**
 * "file:line" of the first directive that TEXT names and that is in PLACES. If
 * PLACES has it several times: that with the value in TEXT, or the last.
 * @return NULL: TEXT names none
 */
const char *scep_places_find(const apr_array_header_t *places,
                             const char *text);

/** Does any of PLACES set DIRECTIVE to a value with WORD in it, in any case? */
bool scep_places_say(const apr_array_header_t *places, const char *directive,
                     const char *word, apr_pool_t *pool);

/**
 * The text of a fault of CONF, a CA of server S: the server, file and line of
 * the directive at fault (RES->place if that is set), and RES's detail. If a
 * directive is missing, the line is that of ScepEngine or of <ScepCA>. From
 * RES's pool.
 * @param told faults that were told already, or NULL
 * @return NULL: it was told already, for another server
 */
const char *scep_place_fault(const server_rec *s,
                             const scep_server_config_t *conf,
                             const scep_result_t *res, apr_hash_t *told);

/** "virtual host name (file:line)", or "main server"; for messages. */
const char *scep_place_server(const server_rec *s, apr_pool_t *pool);

/** An environment for the start of CONF, a CA of server S. A log line about one
 * of its directives names the line of the directive. From POOL. */
void scep_place_env(scep_env_t *env, server_rec *s,
                    const scep_server_config_t *conf, apr_pool_t *pool);

#endif
