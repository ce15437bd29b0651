/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_time.h
 * Times as people write and read them. (scepctl)
 */
#ifndef SCEPCTL_TIME_H
#define SCEPCTL_TIME_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

/** As scep_span_parse() reads it; ten years at most.
 * @return -1: it makes no sense */
long scepctl_time_span(const char *text);

/** 2026-11-22 or 2026-11-22T21:51:03 (UTC, with or without a Z at its end),
 * or a span before NOW. @return false: it makes no sense */
bool scepctl_time_point(const char *text, apr_time_t now, apr_time_t *point);

/** 2026-11-22T21:51:03Z, from POOL. */
const char *scepctl_time_iso(apr_pool_t *pool, apr_time_t when);

#endif
