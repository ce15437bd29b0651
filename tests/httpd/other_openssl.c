/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * other_openssl.c: preloaded into httpd, it makes OpenSSL say that it is
 * release PATCH of its line.
 */
unsigned int OPENSSL_version_patch(void);

unsigned int OPENSSL_version_patch(void)
{
    return PATCH;
}
