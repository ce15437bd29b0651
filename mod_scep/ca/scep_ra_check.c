/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ra_check.c: warn about the certificates that clients see. An RA
 * certificate that expires unnoticed is the best known outage of SCEP servers.
 * (ca layer)
 */
#include "scep_ra_check.h"

#include "scep_cert_time.h"

void scep_ra_check_usage(const scep_env_t *env, X509 *cert, unsigned int needed,
                         const char *source)
{
    unsigned int missing = needed & ~X509_get_key_usage(cert);
    bool sign = (missing & KU_DIGITAL_SIGNATURE) != 0;
    bool encrypt = (missing & KU_KEY_ENCIPHERMENT) != 0;

    if (sign || encrypt) {
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0350) "%s: keyUsage lacks %s%s%s; SCEP clients may "
                                 "refuse it. Use an RA certificate that has it "
                                 "(scepctl init makes one)",
                 source, sign ? "digitalSignature" : "",
                 sign && encrypt ? " and " : "",
                 encrypt ? "keyEncipherment" : "");
    }
}

void scep_ra_check_validity(const scep_env_t *env, X509 *cert,
                            const char *source)
{
    apr_int64_t now = apr_time_sec(scep_env_now(env)), first, last;

    if (!scep_cert_time(X509_get0_notBefore(cert), &first) ||
        !scep_cert_time(X509_get0_notAfter(cert), &last) || last < now) {
        scep_log(env, SCEP_LOG_ERROR,
                 SCEPLOGNO(0351) "%s: the certificate has expired; renew it",
                 source);
        return;
    }
    if (first > now) {
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0352) "%s: the certificate is not valid yet; check "
                                 "the clock of this machine",
                 source);
    }
    if (last - now <= SCEP_CERT_WARN_DAYS * 86400) {
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0353) "%s: the certificate expires in %d days; "
                                 "renew it",
                 source, (int)((last - now) / 86400));
    }
}

scep_cert_age_e scep_ra_check_age(X509 *cert, apr_time_t now)
{
    apr_int64_t last, seconds = apr_time_sec(now);

    if (!scep_cert_time(X509_get0_notAfter(cert), &last) || last < seconds) {
        return SCEP_CERT_EXPIRED;
    }
    return last - seconds <= SCEP_CERT_WARN_DAYS * 86400 ? SCEP_CERT_SOON
                                                         : SCEP_CERT_FRESH;
}
