/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * For every fuzz target, which is linked with libFuzzer, or with standalone.c,
 * which replays files.
 */
#ifndef SCEP_FUZZ_H
#define SCEP_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "scep_crypto.h"

/* What a target makes once lives to the end, in pools whose memory
 * LeakSanitizer does not look through: FUZZ_KEEP(1) before, FUZZ_KEEP(0) after
 * say that it is no leak. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_LSAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define FUZZ_LSAN
#endif
#ifdef FUZZ_LSAN
#include <sanitizer/lsan_interface.h>
#define FUZZ_KEEP(on) ((on) ? __lsan_disable() : __lsan_enable())
#else
#define FUZZ_KEEP(on) ((void)(on))
#endif

/** libFuzzer's entry point. @return 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** How many inputs were good ones to the end. A corpus without any no longer
 * tests what it is there for. */
extern unsigned long fuzz_accepted;

/** Stop where a promise of the code under test is broken. */
#define FUZZ_CHECK(condition)                                                  \
    do {                                                                       \
        if (!(condition)) {                                                    \
            abort();                                                           \
        }                                                                      \
    } while (0)

#endif
