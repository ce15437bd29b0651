/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_setting.h
 * A row of the directive table, and what follows from it: how a value is read,
 * where it goes, its default, and how records are merged. (httpd layer)
 *
 * A record notes each directive that was set in it, with file and line
 * (scep_place.h). A member was set if its directive was noted.
 */
#ifndef SCEP_SETTING_H
#define SCEP_SETTING_H

#include "scep_config.h"

/** Where a directive can stand. This also decides which record it fills. */
typedef enum {
    SCEP_AT_MAIN,   /* the main server: scep_server_config_t */
    SCEP_AT_SERVER, /* any server, <ScepCA> too: the same */
    SCEP_AT_POLICY, /* that, <Location> and the like: scep_dir_config_t */
    SCEP_AT_PROFILE /* <ScepProfile>: scep_profile_t */
} scep_context_e;

/** How a directive belongs to a server's CA. A record that sets a
 * SCEP_CA_ITSELF has a CA of its own and inherits no SCEP_CA_PART. A record
 * that sets a SCEP_CA_RA inherits no SCEP_CA_RA. */
enum {
    SCEP_CA_ITSELF = 1,
    SCEP_CA_PART = 2,
    SCEP_CA_RA = 4,
    SCEP_CA_SECTION = 8 /* can stand in <ScepCA> */
};

/** Read the arguments into RECORD. CMD->info is the row.
 * @return NULL, or a message of scep_bad_value() */
typedef const char *scep_read_fn(cmd_parms *cmd, void *record, int argc,
                                 const char *const argv[]);

/** Merge the member ADD into the member TO. */
typedef void scep_merge_fn(apr_pool_t *pool, void *to, const void *add);

/** A word, and its value. */
typedef struct scep_word_t {
    const char *word; /* NULL: the end of a list */
    apr_int64_t value;
} scep_word_t;

/** A row. Its name, number of arguments and help are in the command_rec that
 * has this row as its cmd_data. */
typedef struct scep_setting_t {
    scep_context_e context;
    const char *otherwise; /* the default, as one would write it; NULL: all
                            * zero */
    apr_size_t offset;     /* in the record; only one of two rows with the same
                            * can be set in a section */
    apr_size_t size;       /* octets, of all members that it sets */
    scep_read_fn *read;
    apr_int64_t min, max;     /* of numbers; of times: seconds, and days */
    const scep_word_t *words; /* its values; for numbers and times: further
                               * values */
    unsigned int ca;          /* SCEP_CA_... */
    scep_merge_fn *merge;     /* NULL: the nearer value replaces the other */
} scep_setting_t;

/** httpd calls these for a directive, depending on its kind of arguments. */
const char *scep_setting_flag(cmd_parms *cmd, void *dir, int on);
const char *scep_setting_take1(cmd_parms *cmd, void *dir, const char *value);
const char *scep_setting_take2(cmd_parms *cmd, void *dir, const char *first,
                               const char *second);
const char *scep_setting_take3(cmd_parms *cmd, void *dir, const char *first,
                               const char *second, const char *third);
const char *scep_setting_argv(cmd_parms *cmd, void *dir, int argc,
                              char *const argv[]);

/** The record of the server, or of the <ScepCA>, in which CMD stands. */
scep_server_config_t *scep_cmd_server(cmd_parms *cmd);

/** "<directive> <value>: <wanted>". */
const char *scep_bad_value(cmd_parms *cmd, const char *value,
                           const char *wanted);

/** The row of the directive NAME. NULL: it is not a directive of mod_scep. */
const scep_setting_t *scep_setting_find(const char *name);

/** Fill RECORD, of CONTEXT, with the defaults. */
void scep_settings_init(apr_pool_t *pool, scep_context_e context, void *record);

/**
 * Merge into RECORD what was set in ADD; both are of CONTEXT.
 * @param places the places of RECORD; afterwards those of the merged record
 * @param added the places of ADD
 */
void scep_settings_merge(apr_pool_t *pool, scep_context_e context, void *record,
                         const void *add, apr_array_header_t **places,
                         const apr_array_header_t *added);

#endif
