/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_options.h
 * The command line of a command as a table: its options are read, checked and
 * explained from the same rows. (scepctl)
 */
#ifndef SCEPCTL_OPTIONS_H
#define SCEPCTL_OPTIONS_H

#include <stddef.h>

#include "scepctl_server.h"

/** The type of the value, and of the member that it goes into. */
typedef enum {
    SCEPCTL_FLAG,   /* bool: the option has no value */
    SCEPCTL_TEXT,   /* const char *, of MIN octets or more */
    SCEPCTL_LIST,   /* apr_array_header_t * of const char *: repeatable */
    SCEPCTL_NUMBER, /* int, from MIN to MAX */
    SCEPCTL_SPAN,   /* apr_interval_time_t, from MIN seconds to ten years */
    SCEPCTL_SINCE   /* apr_time_t: a time, or how long ago */
} scepctl_kind_e;

/** An option. */
typedef struct scepctl_option_t {
    const char *name;  /* without the dashes */
    const char *value; /* how the help calls its value; NULL: it has none */
    scepctl_kind_e kind;
    size_t at;            /* of the member of the wish */
    const char *help;     /* one sentence; it is wrapped */
    unsigned int actions; /* SCEPCTL_FOR(); 0: for all */
    int min, max;
} scepctl_option_t;

#define SCEPCTL_FOR(action) (1U << (action))

/** How the wish of each command begins; 0 and NULL: not given. */
typedef struct scepctl_given_t {
    int action; /* which of the command's actions */
    const char *word;
    scepctl_server_t server;
    const char *ca_cert;
    bool json;
} scepctl_given_t;

/** A command of scepctl. */
struct scepctl_command_t {
    const char *name;
    const char *summary;    /* in the list of commands */
    const char *about;      /* paragraphs of the help, "\n" between them */
    const char *actions[6]; /* "list", ...: one must be given; up to a NULL */
    const char *word;       /* the argument: "SERIAL"; NULL: it takes none */
    const char *word_is;    /* "the certificate's serial number" */
    unsigned int word_for;  /* SCEPCTL_FOR(); 0: for all */
    const char *no_more; /* said of further arguments instead of showing them */
    const scepctl_option_t *options; /* up to one without a name */
    size_t size;                     /* of the wish */
    scepctl_exit_e (*run)(scepctl_t *ctl, void *wish);
};

/** Read the command line, ARGV[0] being the command's name, into a wish that is
 * otherwise 0, and run the command or print its help. */
scepctl_exit_e scepctl_run(scepctl_t *ctl, const scepctl_command_t *command,
                           int argc, char **argv);

/** A length of time in seconds, ten years at most. @return -1: it is none */
long scepctl_span(const char *text);

/** Print TEXT, broken at blanks, in a column behind LABEL. */
void scepctl_print_wrapped(FILE *out, const char *label, size_t width,
                           const char *text);

/* ---- rows of several commands ---- */

#define SCEPCTL_SERVER_OPTIONS                                                 \
    {"state-dir", "DIR", SCEPCTL_TEXT,                                         \
     offsetof(scepctl_given_t, server.state_dir),                              \
     .help = "ScepStateDir (/var/lib/mod_scep), where httpd has written what " \
             "it uses"},                                                       \
        {"ca", "NAME", SCEPCTL_TEXT,                                           \
         offsetof(scepctl_given_t, server.ca_name),                            \
         .help = "which CA, if httpd has several"},                            \
    {                                                                          \
        "ignore-httpd", NULL, SCEPCTL_FLAG,                                    \
            offsetof(scepctl_given_t, server.ignore_httpd),                    \
            .help = "do not look at what httpd uses"                           \
    }

#define SCEPCTL_DATABASE_OPTION                                                \
    {                                                                          \
        "database", "DB", SCEPCTL_TEXT,                                        \
            offsetof(scepctl_given_t, server.database),                        \
            .help = "another database, in the words of ScepDatabase: "         \
                    "\"sqlite3 /path\" or 'pgsql \"host=...\"'"                \
    }

#define SCEPCTL_CA_CERT_OPTION(text)                                           \
    {                                                                          \
        "ca-cert", "FILE", SCEPCTL_TEXT, offsetof(scepctl_given_t, ca_cert),   \
            .help = (text)                                                     \
    }

#define SCEPCTL_JSON_OPTION                                                    \
    {                                                                          \
        "json", NULL, SCEPCTL_FLAG, offsetof(scepctl_given_t, json),           \
            .help = "one JSON object a line"                                   \
    }

#endif
