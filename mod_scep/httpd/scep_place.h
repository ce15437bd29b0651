/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_place.h
 * Where in the configuration each value was set, and messages that name that
 * line. Every setter of the directive table is called through scep_place.c,
 * which notes file and line in the record that the value goes to; records that
 * are merged keep the places of the values they keep. (httpd layer)
 *
 * A message about a setting names its directive before any other; a path that
 * was set several times follows it. By that the line is found, also for
 * messages of layers that know nothing of configuration files.
 */
#ifndef SCEP_PLACE_H
#define SCEP_PLACE_H

#include "scep_config.h"

/** A setter as httpd calls it, by the kind of its arguments. */
typedef union scep_setter_t {
    const char *(*flag)(cmd_parms *, void *, int);
    const char *(*take1)(cmd_parms *, void *, const char *); /* and others that
                                                              * take one text */
    const char *(*take2)(cmd_parms *, void *, const char *, const char *);
    const char *(*take3)(cmd_parms *, void *, const char *, const char *,
                         const char *);
    const char *(*argv)(cmd_parms *, void *, int, char *const[]);
} scep_setter_t;

/** What httpd calls instead of a setter; CMD->info points to that
 * (const scep_setter_t). */
const char *scep_place_flag(cmd_parms *cmd, void *dir, int on);
const char *scep_place_take1(cmd_parms *cmd, void *dir, const char *value);
const char *scep_place_take2(cmd_parms *cmd, void *dir, const char *first,
                             const char *second);
const char *scep_place_take3(cmd_parms *cmd, void *dir, const char *first,
                             const char *second, const char *third);
const char *scep_place_argv(cmd_parms *cmd, void *dir, int argc,
                            char *const argv[]);

/** "file:line" of the directive that is being read. From CMD's pool. */
const char *scep_place_here(const cmd_parms *cmd);

/** The places of a merged record: those of ADD count more. */
apr_array_header_t *scep_places_merge(apr_pool_t *pool,
                                      apr_array_header_t *base,
                                      apr_array_header_t *add);

/** PLACES but for those of directives for which LEFT_OUT is true. */
apr_array_header_t *scep_places_without(apr_pool_t *pool,
                                        apr_array_header_t *places,
                                        bool (*left_out)(const char *name));

/**
 * "file:line" of the first directive that TEXT names and that is in PLACES; of
 * several of one name that with the value that TEXT gives, or the last.
 * @return NULL: it names none
 */
const char *scep_places_find(const apr_array_header_t *places,
                             const char *text);

/**
 * The text of a fault of CONF, a CA of server S: for which server, file and
 * line of the directive at fault (RES->place where that is set), and RES's
 * detail. Where no directive is at fault but one is missing, the line is that
 * of ScepEngine, or of <ScepCA>. From RES's pool.
 * @param told what was told already, or NULL
 * @return NULL: it was told already, for another server
 */
const char *scep_place_fault(const server_rec *s,
                             const scep_server_config_t *conf,
                             const scep_result_t *res, apr_hash_t *told);

/** An environment for the start of CONF, a CA of server S: what is logged about
 * one of its directives names the line of that. From POOL. */
void scep_place_env(scep_env_t *env, server_rec *s,
                    const scep_server_config_t *conf, apr_pool_t *pool);

#endif
