/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_in_use_start.c: collects what httpd uses, and writes it. (httpd layer)
 */
#include "scep_in_use_start.h"

#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include <http_log.h>
#include <unixd.h>

#include <openssl/x509v3.h>

#include "mod_scep.h"
#include "scep_database.h"
#include "scep_in_use.h"
#include "scep_os.h"
#include "scep_place.h"

APLOG_USE_MODULE(scep);

/* Names the layout of the record below, which outlives the module's code. */
#define RETAINED_KEY "mod_scep: in use, layout 1"

enum { MAX_LOCKS = 256, MAX_CONFS = 4096 };

/* The locks of the running generation. */
typedef struct locks_t {
    int count;
    int fd[MAX_LOCKS];
} locks_t;

/* If several servers share a site, it is one CA of a record. */
typedef struct entry_t {
    const scep_site_t *site;
    const scep_in_use_t *record;
    int index; /* of its CA in the record */
} entry_t;

/* The collection: a record for each state directory. */
typedef struct collection_t {
    apr_pool_t *pool;
    bool restart;
    apr_array_header_t *records; /* scep_in_use_t * */
    apr_array_header_t *entries; /* entry_t */
    apr_array_header_t *confs;   /* scep_in_use_conf_t */
} collection_t;

/* --- the configuration's files -------------------------------------------- */

static bool has_conf(const apr_array_header_t *confs, const char *path)
{
    int i = confs->nelts;

    while (i-- > 0) {
        if (strcmp(APR_ARRAY_IDX(confs, i, scep_in_use_conf_t).path, path) ==
            0) {
            return true;
        }
    }
    return false;
}

static void add_conf(collection_t *c, const char *name)
{
    const char *path = ap_server_root_relative(c->pool, name);
    apr_finfo_t info;

    if (path == NULL || *path != '/' || c->confs->nelts == MAX_CONFS ||
        has_conf(c->confs, path) ||
        apr_stat(&info, path, APR_FINFO_MTIME, c->pool) != APR_SUCCESS) {
        return; /* from a macro or -c: there is no file */
    }
    *(scep_in_use_conf_t *)apr_array_push(c->confs) =
        (scep_in_use_conf_t){path, info.mtime};
}

static void add_confs(collection_t *c, const ap_directive_t *directive)
{
    const char *last = NULL;

    for (; directive != NULL; directive = directive->next) {
        if (directive->filename != NULL &&
            (last == NULL || strcmp(last, directive->filename) != 0)) {
            last = directive->filename;
            add_conf(c, last);
        }
        if (directive->first_child != NULL) {
            add_confs(c, directive->first_child);
        }
    }
}

/* --- a CA ----------------------------------------------------------------- */

/* A PIN may stand behind the question mark or, in the form before RFC 7512, in
 * the path. */
static const char *without_pin(const char *key, apr_pool_t *pool)
{
    const char *text = key != NULL ? scep_source_text(pool, key) : NULL;
    const char *pin = text != NULL && scep_source_is_uri(text)
                          ? ap_strcasestr(text, "pin-value")
                          : NULL;

    return pin != NULL ? apr_pstrmemdup(pool, text, (apr_size_t)(pin - text))
                       : text;
}

static void add_pair(scep_in_use_ca_t *ca, const char *cert_file,
                     const char *key, X509 *cert, bool own, apr_pool_t *pool)
{
    scep_in_use_pair_t *pair = apr_array_push(ca->pairs);

    pair->cert = cert_file;
    pair->key = without_pin(key, pool);
    pair->fingerprint = scep_service_ca_id(cert, pool);
    /* without the extension X509_get_key_usage() has all bits set */
    pair->decrypts =
        own || (X509_get_key_usage(cert) & KU_KEY_ENCIPHERMENT) != 0;
    pair->own = own;
}

/* Add the pairs of files in their order, then the CA's own pair and the next
 * CA's, if these decrypt. */
static void add_pairs(scep_in_use_ca_t *ca, const scep_site_t *site,
                      const scep_server_config_t *conf, apr_pool_t *pool)
{
    const scep_ra_source_t *source = site->ra_source;
    const scep_ra_t *ra = site->service.ra;
    const char *cert, *key;
    int i, j;

    if (ra == NULL || source == NULL) {
        return;
    }
    for (i = 0; i < source->loaded->nelts; i++) {
        add_pair(ca, APR_ARRAY_IDX(source->certs, i, const char *),
                 APR_ARRAY_IDX(source->keys, i, const char *),
                 APR_ARRAY_IDX(source->loaded, i, const scep_keypair_t *)->cert,
                 false, pool);
    }
    for (i = 0; i < ra->pairs->nelts; i++) {
        const scep_keypair_t *pair =
            APR_ARRAY_IDX(ra->pairs, i, const scep_keypair_t *);
        bool next = site->service.next != NULL &&
                    X509_cmp(pair->cert,
                             sk_X509_value(site->service.next->certs, 0)) == 0;

        for (j = 0;
             j < source->loaded->nelts &&
             APR_ARRAY_IDX(source->loaded, j, const scep_keypair_t *) != pair;
             j++) {
            /* look for the pair */
        }
        cert = next ? conf->next_cert : conf->ca_cert;
        key = next ? conf->next_key : conf->ca_key;
        if (j == source->loaded->nelts && cert != NULL && key != NULL) {
            add_pair(ca, cert, key, pair->cert, true, pool);
        }
    }
}

static void add_kept(scep_in_use_ca_t *ca, const scep_server_config_t *conf)
{
    int i;

    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        const scep_prune_e kind = (scep_prune_e)i;

        *(scep_in_use_kept_t *)apr_array_push(ca->kept) = (scep_in_use_kept_t){
            scep_prune_name(kind),
            apr_time_sec(scep_config_retention(conf, kind))};
    }
}

static void describe(scep_in_use_ca_t *ca, const scep_site_t *site,
                     const scep_server_config_t *conf, apr_pool_t *pool)
{
    const scep_service_t *service = &site->service;
    scep_certs_t *certs = site->ra_source != NULL
                              ? service->backend->certificates(service->ca)
                              : NULL;
    scep_store_config_t database;

    scep_database_config(conf, 1, pool, &database);
    ca->alias = conf->ca_name;
    ca->subject =
        certs != NULL
            ? scep_name_text(pool,
                             X509_get_subject_name(sk_X509_value(certs, 0)))
            : NULL;
    ca->ca_id = service->ca_id;
    ca->cert = conf->ca_cert;
    ca->key = without_pin(conf->ca_key, pool);
    ca->next_scope = service->next != NULL ? service->next->ca_id : NULL;
    ca->next_cert = conf->next_cert;
    ca->next_key = without_pin(conf->next_key, pool);
    ca->ra_dir = conf->ra_dir;
    ca->driver = database.driver;
    ca->params = scep_store_config_open(&database, pool);
    ca->password = scep_store_config_secret(&database, pool);
    ca->master_file = scep_config_master_file(conf, pool);
    add_pairs(ca, site, conf, pool);
    add_kept(ca, conf);
}

/* --- names ---------------------------------------------------------------- */

static bool is_taken(const scep_in_use_t *record, const char *name)
{
    int i;

    for (i = 0; i < record->cas->nelts; i++) {
        const scep_in_use_ca_t *ca =
            &APR_ARRAY_IDX(record->cas, i, scep_in_use_ca_t);

        if (ca->name != NULL && strcmp(ca->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* "main", or "scep.example.com". A <ScepCA> has its own name; if another one
 * has the same name, that of the virtual host stands before it. */
static const char *name_of(const scep_in_use_t *record, server_rec *s,
                           const scep_server_config_t *conf, apr_pool_t *pool)
{
    const char *host = !s->is_virtual               ? "main"
                       : s->server_hostname != NULL ? s->server_hostname
                                                    : "virtual";
    const char *name = conf->ca_name != NULL ? conf->ca_name : host;
    const char *base;
    int i;

    if (is_taken(record, name) && conf->ca_name != NULL) {
        name = apr_pstrcat(pool, host, "/", conf->ca_name, NULL);
    }
    if (is_taken(record, name) && s->addrs != NULL) {
        name = apr_psprintf(pool, "%s:%u", name,
                            (unsigned int)s->addrs->host_port);
    }
    for (base = name, i = 2; is_taken(record, name); i++) {
        name = apr_psprintf(pool, "%s#%d", base, i);
    }
    return name;
}

/* --- all ------------------------------------------------------------------ */

static void warn_of_another(server_rec *s, const scep_server_config_t *conf,
                            apr_pool_t *pool)
{
    scep_result_t res;
    pid_t holder;

    if (!scep_in_use_held(conf->state_dir, pool, &holder)) {
        return;
    }
    scep_result_init(&res, pool);
    scep_fail(&res, SCEP_R_SETUP,
              "ScepStateDir %s: another httpd (process %ld) uses it, too. Each "
              "of them counts guesses for itself, and scepctl sees the files "
              "and CAs of the one that was started last only; stop one of "
              "them, or give each a directory of its own",
              conf->state_dir, (long)holder);
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, SCEPLOGNO(0433) "%s",
                 scep_place_fault(s, conf, &res, NULL));
}

static scep_in_use_t *record_of(collection_t *c, server_rec *s,
                                const scep_server_config_t *conf)
{
    const char *dir = conf->state_dir;
    scep_in_use_t *record;
    int i;

    for (i = 0; i < c->records->nelts; i++) {
        record = APR_ARRAY_IDX(c->records, i, scep_in_use_t *);
        if (strcmp(record->state_dir, dir) == 0) {
            return record;
        }
    }
    record = scep_in_use_make(c->pool);
    record->version = SCEP_VERSION;
    record->written = apr_time_now();
    record->state_dir = dir;
    record->user = ap_unixd_config.user_name;
    record->uid =
        (apr_int64_t)(geteuid() == 0 ? ap_unixd_config.user_id : geteuid());
    record->gid =
        (apr_int64_t)(geteuid() == 0 ? ap_unixd_config.group_id : getegid());
    record->confs = c->confs;
    if (!c->restart) {
        warn_of_another(s, conf, c->pool);
    }
    APR_ARRAY_PUSH(c->records, scep_in_use_t *) = record;
    return record;
}

/* The CA of SITE. A server before S may have added it already. */
static scep_in_use_ca_t *ca_of(collection_t *c, server_rec *s,
                               const scep_server_config_t *conf,
                               const scep_site_t *site)
{
    scep_in_use_t *record;
    scep_in_use_ca_t *ca;
    const char *name;
    int i;

    for (i = 0; i < c->entries->nelts; i++) {
        const entry_t *entry = &APR_ARRAY_IDX(c->entries, i, entry_t);

        if (entry->site == site) {
            return &APR_ARRAY_IDX(entry->record->cas, entry->index,
                                  scep_in_use_ca_t);
        }
    }
    record = record_of(c, s, conf);
    name = name_of(record, s, conf, c->pool);
    ca = scep_in_use_add(record, c->pool);
    ca->name = name;
    describe(ca, site, conf, c->pool);
    *(entry_t *)apr_array_push(c->entries) =
        (entry_t){site, record, record->cas->nelts - 1};
    return ca;
}

static void add_ca(collection_t *c, server_rec *s,
                   const scep_server_config_t *conf, const scep_site_t *site)
{
    scep_in_use_ca_t *ca = ca_of(c, s, conf, site);

    ca->single = ca->single || scep_config_single(conf, c->pool);
    APR_ARRAY_PUSH(ca->servers, const char *) = scep_place_server(s, c->pool);
}

static void add_server(collection_t *c, server_rec *s)
{
    const scep_server_config_t *server = scep_config_server(s);
    apr_array_header_t *cas = scep_config_cas(s, c->pool);
    int i;

    for (i = 0; i < cas->nelts; i++) {
        const scep_server_config_t *conf =
            APR_ARRAY_IDX(cas, i, const scep_server_config_t *);
        const scep_site_t *site = scep_served_site(server, conf->ca_name);

        if (site != NULL) {
            add_ca(c, s, conf, site);
        }
    }
}

static void collect(collection_t *c, server_rec *main_server)
{
    server_rec *s;
    int i, j;

    add_confs(c, ap_conftree);
    for (s = main_server; s != NULL; s = s->next) {
        if (scep_config_server(s)->engine == 1) {
            add_server(c, s);
        }
    }
    for (i = 0; i < c->records->nelts; i++) {
        scep_in_use_t *record = APR_ARRAY_IDX(c->records, i, scep_in_use_t *);

        for (j = 0; j < c->records->nelts; j++) {
            APR_ARRAY_PUSH(record->state_dirs, const char *) =
                APR_ARRAY_IDX(c->records, j, scep_in_use_t *)->state_dir;
        }
    }
}

/* At a restart a site may have failed because of its state directory, which may
 * then belong to anybody. */
static bool is_ours(const collection_t *c, const scep_in_use_t *record,
                    const char *path)
{
    struct stat st;
    int i;

    for (i = 0; i < c->entries->nelts; i++) {
        const entry_t *entry = &APR_ARRAY_IDX(c->entries, i, entry_t);

        if (entry->record == record && !entry->site->failed) {
            return true;
        }
    }
    return lstat(path, &st) == 0;
}

static void write_record(const collection_t *c, const scep_in_use_t *record,
                         server_rec *s, locks_t *locks, apr_pool_t *pool)
{
    const char *path =
        apr_pstrcat(pool, record->state_dir, "/" SCEP_IN_USE_FILE, NULL);
    scep_result_t res;
    uid_t uid;
    gid_t gid;

    if (!is_ours(c, record, path)) {
        return;
    }
    scep_os_child(&uid, &gid);
    scep_result_init(&res, pool);
    if (locks->count == MAX_LOCKS) {
        scep_fail(&res, SCEP_R_SETUP,
                  "there are more than %d state "
                  "directories",
                  MAX_LOCKS);
    }
    else if (scep_in_use_write(record, gid, pool, &locks->fd[locks->count],
                               &res) == SCEP_OK) {
        locks->count++;
        return;
    }
    unlink(path); /* it still says what was in use before */
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                 SCEPLOGNO(0036) "%s: %s; devices are served, but scepctl "
                                 "cannot see which files httpd uses: mend "
                                 "that, and restart gracefully",
                 path, res.detail);
}

static locks_t *retained(void)
{
    return ap_retained_data_get(RETAINED_KEY);
}

static void release(locks_t *locks)
{
    while (locks->count > 0) {
        close(locks->fd[--locks->count]);
    }
}

void scep_in_use_start(server_rec *main_server, apr_pool_t *ptemp)
{
    collection_t c = {
        .pool = ptemp,
        .records = apr_array_make(ptemp, 1, sizeof(scep_in_use_t *)),
        .entries = apr_array_make(ptemp, 4, sizeof(entry_t)),
        .confs = apr_array_make(ptemp, 16, sizeof(scep_in_use_conf_t))};
    locks_t *locks = retained();
    locks_t *fresh = apr_pcalloc(ptemp, sizeof(*fresh));
    int i;

    c.restart = locks != NULL;
    collect(&c, main_server);
    for (i = 0; i < c.records->nelts; i++) {
        write_record(&c, APR_ARRAY_IDX(c.records, i, const scep_in_use_t *),
                     main_server, fresh, ptemp);
    }
    if (locks == NULL) {
        locks = ap_retained_data_create(RETAINED_KEY, sizeof(*locks));
    }
    release(locks); /* of the files that have been replaced */
    *locks = *fresh;
}

void scep_in_use_end(void)
{
    locks_t *locks = retained();

    if (locks != NULL) {
        release(locks);
    }
}
