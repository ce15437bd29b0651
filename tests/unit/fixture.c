/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* fixture.c: what all unit tests share and cannot be in a header. */
#include "fixture.h"

const char fixture_srcdir[] = SRCDIR;
