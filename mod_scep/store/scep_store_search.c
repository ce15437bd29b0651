/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_store_search.c: see scep_store_search.h. (store layer) */
#include "scep_store_search.h"

#include <string.h>

#include <apr_strings.h>

enum { TRIGRAM = 3, MOST_TRIGRAMS = 24 };

void scep_search_recorded(scep_store_t *store, apr_int64_t id, apr_pool_t *pool)
{
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_result_t ignored;

    scep_result_init(&ignored, pool);
    if (id % SCEP_SEARCH_STEP != 0 || scep_store_shared(store) ||
        scep_store_begin(store, &s, &ignored) != SCEP_OK) {
        return;
    }
    sql = scep_search_fill(scep_store_driver(&s), scep_store_connection(&s));
    scep_store_end(&s, sql, true, "index subjects", &ignored);
}

scep_sql_status_e scep_search_last(scep_store_session_t *s, apr_int64_t *last)
{
    const scep_sql_value_t name = {SCEP_SEARCH_DOCUMENT, 0};

    *last = 0;
    return scep_store_run(s, SCEP_Q_DOCUMENT_FIND, &name, scep_search_take_last,
                          last, NULL);
}

scep_sql_status_e scep_search_remove(scep_store_session_t *s, apr_int64_t id)
{
    const scep_sql_value_t value = {NULL, id};
    apr_int64_t last;
    scep_sql_status_e sql = scep_search_last(s, &last);

    return sql == SCEP_SQL_OK && id <= last
               ? scep_store_run(s, SCEP_Q_SEARCH_REMOVE, &value, NULL, NULL,
                                NULL)
               : sql;
}

/* ---- words to look up ---- */

static const char *next_point(const char *at)
{
    at++;
    while (((unsigned char)*at & 0xc0) == 0x80) {
        at++;
    }
    return at;
}

/* Write a word in quotes, with quotes inside doubled. */
static char *put_word(char *to, const char *from, const char *end)
{
    *to++ = '"';
    while (from < end) {
        if (*from == '"') {
            *to++ = '"';
        }
        *to++ = *from++;
    }
    *to++ = '"';
    *to++ = ' ';
    return to;
}

/* Of a long part only the end is used, in which devices differ. */
const char *scep_search_words(apr_pool_t *pool, const char *part)
{
    enum { LONGEST_POINT = 4, WORD = 2 * TRIGRAM * LONGEST_POINT + 3 };
    size_t points = 0;
    const char *at;
    char *words, *to;

    for (at = part; *at != '\0'; at = next_point(at)) {
        points++;
    }
    if (points < TRIGRAM) {
        return NULL;
    }
    for (; points > MOST_TRIGRAMS + TRIGRAM - 1; points--) {
        part = next_point(part);
    }
    words = to = apr_palloc(pool, points * WORD + 1);
    for (; points >= TRIGRAM; points--) {
        to = put_word(to, part, next_point(next_point(next_point(part))));
        part = next_point(part);
    }
    *to = '\0';
    return words;
}
