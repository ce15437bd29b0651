/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* token_key.c: preloaded into httpd, it makes keys of 3,072 bits like keys in a
 * token, which can be used but not copied. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

int i2d_PrivateKey(const EVP_PKEY *key, unsigned char **out)
{
    int (*real)(const EVP_PKEY *, unsigned char **) =
        (int (*)(const EVP_PKEY *, unsigned char **))dlsym(RTLD_NEXT,
                                                           "i2d_PrivateKey");

    return EVP_PKEY_get_bits(key) == 3072 ? -1 : real(key, out);
}
