/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_profile.c: the built-in certificate profile. (ca layer)
 */
#include "scep_profile.h"

#include <openssl/x509v3.h>

enum { DAY = 86400, YEAR = 365 * DAY };

static const char *const client_auth[] = {"1.3.6.1.5.5.7.3.2", NULL};

/* Back-dated by a day, since devices enrol before they have set their clock
 * and then refuse a certificate from the future (Q30). */
const scep_profile_t scep_profile_device = {
    .name = "device",
    .validity = YEAR,
    .backdate = DAY,
    .min_rsa_bits = 2048,
    .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
    .ext_key_usage = client_auth,
    .digest = "SHA256",
};
