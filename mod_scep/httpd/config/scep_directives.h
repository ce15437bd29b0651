/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_directives.h
 * The functions that read the values of directives (scep_read_fn): one for each
 * kind of value, and one for each directive with a syntax of its own. (httpd
 * layer)
 */
#ifndef SCEP_DIRECTIVES_H
#define SCEP_DIRECTIVES_H

#include "scep_config.h"
#include "scep_setting.h"

/** A decimal number from MIN to MAX.
 * @param whole the argument of which VALUE is a part, or VALUE itself: the
 *     message shows it */
const char *scep_parse_number(cmd_parms *cmd, const char *whole,
                              const char *value, apr_int64_t min,
                              apr_int64_t max, apr_int64_t *number);

/** A number from MIN to MAX, and "%". */
const char *scep_parse_percent(cmd_parms *cmd, const char *value, int min,
                               int max, int *percent);

/** A time as scep_span_parse() reads it; WHOLE likewise. */
const char *scep_parse_time(cmd_parms *cmd, const char *whole,
                            const char *value, int min_seconds, int max_days,
                            apr_interval_time_t *interval);

/** A path; a relative one starts at ServerRoot. */
const char *scep_parse_path(cmd_parms *cmd, const char *value,
                            const char **path);

/** The name in "<Section name>". httpd passes "name>" in ARGS. */
const char *scep_section_name(cmd_parms *cmd, const char *args,
                              const char **name);

/** Check that all directives in the section CMD may stand there.
 * @param what may stand there, for the message */
const char *scep_section_check(cmd_parms *cmd,
                               bool (*fits)(const scep_setting_t *row),
                               const char *what);

/* The kinds of values. A number, percentage or time can also be one of the
 * row's words. */
scep_read_fn scep_read_flag;    /* bool or int */
scep_read_fn scep_read_word;    /* one of the row's, as its number */
scep_read_fn scep_read_name;    /* the same, as the row spells it */
scep_read_fn scep_read_number;  /* of any size */
scep_read_fn scep_read_percent; /* int */
scep_read_fn scep_read_time;    /* apr_interval_time_t */
scep_read_fn scep_read_seconds; /* apr_int64_t */
scep_read_fn scep_read_text;    /* const char *, like all that follow */
scep_read_fn scep_read_path;
scep_read_fn scep_read_key;
scep_read_fn scep_read_paths; /* apr_array_header_t * of them */
scep_read_fn scep_read_keys;

/* Directives with a syntax of their own: servers and <ScepCA> in
 * scep_directives_server.c, <ScepProfile> in scep_directives_profile.c,
 * endpoints in scep_directives_policy.c. */
scep_read_fn scep_read_ca_section;
scep_read_fn scep_read_ca_ident;
scep_merge_fn scep_merge_ca_idents;

scep_read_fn scep_read_database;
scep_read_fn scep_read_backend;
scep_read_fn scep_read_crl_url;
scep_read_fn scep_read_dialog;
scep_read_fn scep_read_retention;
scep_merge_fn scep_merge_retention;

scep_read_fn scep_read_profile_section;
scep_read_fn scep_read_key_types;
scep_read_fn scep_read_key_usage;
scep_read_fn scep_read_ext_key_usage;
scep_read_fn scep_read_profile_by_usage;

scep_read_fn scep_read_ec_reply;
scep_read_fn scep_read_challenge;
scep_read_fn scep_read_single;
scep_read_fn scep_read_name_relax;
scep_read_fn scep_read_failure_limit;
scep_read_fn scep_read_admin_require;
scep_read_fn scep_read_renewal_expired;
scep_read_fn scep_read_renewal_revoke_old;
scep_read_fn scep_read_renewal_window;
scep_read_fn scep_read_renewal_trust;

#endif
