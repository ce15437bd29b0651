/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_span.h
 * Lengths of time as people write them, the same in directives and on the
 * command line. (base layer)
 */
#ifndef SCEP_SPAN_H
#define SCEP_SPAN_H

#include <stdbool.h>

#include <apr.h>

/** What can be written, for messages. */
#define SCEP_SPAN_FORMS "such as 90s, 20m, 8h, 2d or 1w"

/**
 * TEXT is a decimal number and, right behind it, a unit or nothing: s, sec,
 * second(s); m, min, minute(s); h, hour(s); d, day(s); w, week(s); in letters
 * of any case. Without one it is seconds.
 * @return false: it is something else, or more than 36,600 days
 */
bool scep_span_parse(const char *text, apr_int64_t *seconds);

#endif
