/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_setting.h
 * What one row of the directive table says, and what follows from it: how a
 * value is read, where it goes, what it is without the directive, and how
 * records are merged. (httpd layer)
 *
 * A record notes each directive that was set in it, with file and line
 * (scep_place.h); a member was set if its directive is among those.
 */
#ifndef SCEP_SETTING_H
#define SCEP_SETTING_H

#include "scep_config.h"

/** Where a directive can stand, and so the record that it fills. */
typedef enum {
    SCEP_AT_MAIN,   /* the main server: scep_server_config_t */
    SCEP_AT_SERVER, /* any server, <ScepCA> too: the same */
    SCEP_AT_POLICY, /* that, <Location> and the like: scep_dir_config_t */
    SCEP_AT_PROFILE /* <ScepProfile>: scep_profile_t */
} scep_context_e;

/** What a directive has to do with a server's CA. Who sets a SCEP_CA_ITSELF has
 * a CA of its own, and takes over no SCEP_CA_PART of another one's; nor a
 * SCEP_CA_RA who sets one of these. */
enum {
    SCEP_CA_ITSELF = 1,
    SCEP_CA_PART = 2,
    SCEP_CA_RA = 4,
    SCEP_CA_SECTION = 8 /* can stand in <ScepCA> */
};

/** Read the arguments into RECORD. CMD->info is the row.
 * @return NULL, or what is wrong: scep_bad_value() */
typedef const char *scep_read_fn(cmd_parms *cmd, void *record, int argc,
                                 const char *const argv[]);

/** Put what ADD, a member, has over what TO has. */
typedef void scep_merge_fn(apr_pool_t *pool, void *to, const void *add);

/** A word, and what it stands for. */
typedef struct scep_word_t {
    const char *word; /* NULL: the end of a list */
    apr_int64_t value;
} scep_word_t;

/** A row; httpd's part of it (name, number of arguments, help) is in the
 * command_rec whose cmd_data this is. */
typedef struct scep_setting_t {
    scep_context_e context;
    const char *otherwise; /* the value without the directive, as one would
                            * write it; NULL: all zero */
    apr_size_t offset;     /* in the record; two rows with the same cannot both
                            * be set in one section */
    apr_size_t size;       /* octets, of all members that are set at a time */
    scep_read_fn *read;
    apr_int64_t min, max;     /* of numbers; of times: seconds, and days */
    const scep_word_t *words; /* that can be given, or given instead */
    unsigned int ca;          /* SCEP_CA_... */
    scep_merge_fn *merge;     /* NULL: what is set nearer counts, all of it */
} scep_setting_t;

/** What httpd calls for a directive, by the kind of its arguments. */
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

/** The row of the directive NAME; NULL: it is none of ours. */
const scep_setting_t *scep_setting_find(const char *name);

/** Fill RECORD, of CONTEXT, with what holds without directives. */
void scep_settings_init(apr_pool_t *pool, scep_context_e context, void *record);

/**
 * Put what was set in ADD over RECORD, both of CONTEXT.
 * @param places of what was set in RECORD; and then of what is in force there
 * @param added of what was set in ADD
 */
void scep_settings_merge(apr_pool_t *pool, scep_context_e context, void *record,
                         const void *add, apr_array_header_t **places,
                         const apr_array_header_t *added);

#endif
