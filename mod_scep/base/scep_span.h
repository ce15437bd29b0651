/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_span.h
 * Reads and writes times and lengths of time, in the same form in directives,
 * on the command line and in output. (base layer)
 */
#ifndef SCEP_SPAN_H
#define SCEP_SPAN_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

/** The possible forms, for messages. */
#define SCEP_SPAN_FORMS "such as 90s, 20m, 8h, 2d or 1w"

/**
 * Read TEXT: a decimal number and, right behind it, a unit or nothing: s, sec,
 * second(s); m, min, minute(s); h, hour(s); d, day(s); w, week(s); in any case.
 * Without a unit it is seconds.
 * @return false: TEXT is something else, or more than 36,600 days
 */
bool scep_span_parse(const char *text, apr_int64_t *seconds);

/* Formats of scep_time_text(). */
#define SCEP_TIME_ISO "%Y-%m-%dT%H:%M:%SZ"
#define SCEP_TIME_READABLE "%Y-%m-%d %H:%M:%S UTC"

/** WHEN in UTC as strftime() writes it by FORMAT, in up to 63 octets, from
 * POOL. */
const char *scep_time_text(apr_pool_t *pool, const char *format,
                           apr_time_t when);

/** 2026-11-22T21:51:03Z, from POOL. */
const char *scep_time_iso(apr_pool_t *pool, apr_time_t when);

/** 2026-11-22 or 2026-11-22T21:51:03, in UTC, with or without a Z at its end.
 * @return false: TEXT is something else, or there is no such day */
bool scep_time_parse(const char *text, apr_time_t *when);

#endif
