/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_master.c: which owners' files are read, their content, and that a write
 * replaces all of a file or nothing. */
#include "master_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "scep_master.h"
#include "scep_master_cms.h"

enum { NOBODY = 65534 };

#define OLDER "the-older-password"
#define UNTIL (FIXTURE_NOW + 3600 * APR_USEC_PER_SEC)

typedef struct made_t {
    const char *path;
    scep_keypair_t *pair;
    apr_array_header_t *pairs;
} made_t;

static made_t make(fixture_t *f)
{
    made_t m = {path_to(f, "master.cms"), make_pair(f, "P-256"), NULL};

    m.pairs = pairs_of(f, m.pair, NULL);
    return m;
}

static scep_status_e save(fixture_t *f, const made_t *m, const char *password,
                          const char *previous, int replace)
{
    scep_master_t master = {password, previous, UNTIL};

    return scep_master_write(m->path, m->pair->cert, &master, (uid_t)-1,
                             (gid_t)-1, replace, f->pool, &f->res);
}

static scep_status_e load(fixture_t *f, const made_t *m, scep_master_t **master)
{
    *master = NULL;
    return scep_master_read(m->path, m->pairs, geteuid(), f->pool, master,
                            &f->res);
}

static void holds(fixture_t *f, const made_t *m, const char *password)
{
    scep_master_t *master;

    assert_int_equal(load(f, m, &master), SCEP_OK);
    assert_string_equal(master->password, password);
}

static void broken(fixture_t *f, const made_t *m, const char *why)
{
    scep_master_t *master;

    assert_int_equal(load(f, m, &master), SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, m->path));
    if (strstr(f->res.detail, why) == NULL) {
        fail_msg("%s", f->res.detail);
    }
    assert_null(strstr(f->res.detail, PASSWORD));
}

static void test_valid(void **state)
{
    fixture_t *f = *state;
    char *text = apr_pcalloc(f->pool, SCEP_MASTER_MAX_LENGTH + 2);
    int c;

    assert_true(scep_master_valid("12345678"));
    assert_false(scep_master_valid("1234567"));
    assert_false(scep_master_valid(""));
    memset(text, 'x', SCEP_MASTER_MAX_LENGTH);
    assert_true(scep_master_valid(text));
    text[SCEP_MASTER_MAX_LENGTH] = 'x';
    assert_false(scep_master_valid(text));
    text[20] = '\0';
    for (c = 1; c < 256; c++) {
        text[10] = (char)c;
        assert_int_equal(scep_master_valid(text), c > ' ' && c < 0x7f);
    }
}

static void test_write_and_read(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    scep_master_t *master;
    struct stat st;
    mode_t mask = umask(0);

    assert_int_equal(save(f, &m, PASSWORD, NULL, 0), SCEP_OK);
    umask(mask);
    assert_int_equal(stat(m.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(load(f, &m, &master), SCEP_OK);
    assert_string_equal(master->password, PASSWORD);
    assert_null(master->previous);
    assert_int_equal(save(f, &m, PASSWORD, OLDER, 1), SCEP_OK);
    assert_int_equal(load(f, &m, &master), SCEP_OK);
    assert_string_equal(master->password, PASSWORD);
    assert_string_equal(master->previous, OLDER);
    assert_int_equal(master->previous_until, UNTIL);
}

/* In the clear, it is what the header says, for openssl's sake. */
static void test_text(void **state)
{
    static const char expected[] =
        PASSWORD "\nprevious " OLDER " until 1767229200\n";
    fixture_t *f = *state;
    made_t m = make(f);
    scep_octets_t plain;

    put_pair(f, m.pair);
    assert_int_equal(save(f, &m, PASSWORD, OLDER, 0), SCEP_OK);
    plain = openssl_decrypt(f, "master.cms");
    assert_int_equal(plain.len, strlen(expected));
    assert_memory_equal(plain.data, expected, plain.len);
    assert_int_equal(save(f, &m, PASSWORD, NULL, 1), SCEP_OK);
    plain = openssl_decrypt(f, "master.cms");
    assert_int_equal(plain.len, strlen(PASSWORD "\n"));
}

static void test_longest(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    char *one = apr_pcalloc(f->pool, SCEP_MASTER_MAX_LENGTH + 1);
    char *two = apr_pcalloc(f->pool, SCEP_MASTER_MAX_LENGTH + 1);
    scep_master_t *master;

    memset(one, '1', SCEP_MASTER_MAX_LENGTH);
    memset(two, '2', SCEP_MASTER_MAX_LENGTH);
    assert_int_equal(save(f, &m, one, two, 0), SCEP_OK);
    assert_int_equal(load(f, &m, &master), SCEP_OK);
    assert_string_equal(master->password, one);
    assert_string_equal(master->previous, two);
}

static void test_write_refuses(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    scep_master_t before_1970 = {PASSWORD, OLDER, -APR_USEC_PER_SEC};
    struct stat st;

    assert_int_equal(save(f, &m, "short", NULL, 0), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "8 to 255 characters"));
    assert_null(strstr(f->res.detail, "short"));
    assert_int_equal(save(f, &m, "two\nlines", NULL, 0), SCEP_BROKEN);
    assert_int_equal(save(f, &m, PASSWORD, "with blank", 0), SCEP_BROKEN);
    assert_int_equal(scep_master_write(m.path, m.pair->cert, &before_1970,
                                       (uid_t)-1, (gid_t)-1, 0, f->pool,
                                       &f->res),
                     SCEP_BROKEN);
    assert_int_not_equal(lstat(m.path, &st), 0);
}

static void test_replace(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);

    assert_int_equal(save(f, &m, PASSWORD, NULL, 0), SCEP_OK);
    assert_int_equal(save(f, &m, OLDER, NULL, 0), SCEP_REFUSED);
    holds(f, &m, PASSWORD);
    assert_int_equal(save(f, &m, OLDER, NULL, 1), SCEP_OK);
    holds(f, &m, OLDER);
    m.path = path_to(f, "none/master.cms");
    assert_int_equal(save(f, &m, OLDER, NULL, 1), SCEP_BROKEN);
}

static void test_no_file(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    scep_master_t *master;

    assert_int_equal(load(f, &m, &master), SCEP_NOT_FOUND);
    assert_int_equal(f->res.status, SCEP_NOT_FOUND);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, m.path));
    assert_non_null(strstr(f->res.detail, "scepctl master rotate"));
}

static void test_file_is_looked_at(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f), link = m;
    void *large = apr_pcalloc(f->pool, 16385);

    assert_int_equal(save(f, &m, PASSWORD, NULL, 0), SCEP_OK);
    assert_int_equal(chmod(m.path, 0640), 0);
    broken(f, &m, "chmod it to 600");
    assert_int_equal(chmod(m.path, 0600), 0);
    link.path = path_to(f, "link");
    assert_int_equal(symlink(m.path, link.path), 0);
    broken(f, &link, "symbolic link");
    link.path = f->scratch;
    broken(f, &link, "not a regular file");
    holds(f, &m, PASSWORD);
    put_file(f, m.path, large, 16385);
    broken(f, &m, "larger than 16384 octets");
    put_file(f, m.path, large, 16384);
    broken(f, &m, "damaged");
    put_file(f, m.path, large, 0);
    broken(f, &m, "damaged");
}

static void test_owners(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    scep_master_t master = {PASSWORD, NULL, 0}, *got;
    struct stat st;

    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(scep_master_write(m.path, m.pair->cert, &master, NOBODY,
                                       NOBODY, 0, f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(stat(m.path, &st), 0);
    assert_int_equal(st.st_uid, NOBODY);
    assert_int_equal(st.st_gid, NOBODY);
    assert_int_equal(st.st_mode & 07777, 0600);
    broken(f, &m, "belongs to uid 65534");
    assert_int_equal(
        scep_master_read(m.path, m.pairs, NOBODY, f->pool, &got, &f->res),
        SCEP_OK);
    assert_int_equal(
        scep_master_read(m.path, m.pairs, 12345, f->pool, &got, &f->res),
        SCEP_BROKEN);
}

/* What somebody with the certificate could put there. */
static void test_malformed(void **state)
{
    static const struct {
        const char *text;
        size_t len; /* 0: up to the NUL */
    } bad[] = {
        {PASSWORD, 0},
        {"\n", 0},
        {"\n" PASSWORD "\n", 0},
        {"short12\n", 0},
        {"with a blank\n", 0},
        {PASSWORD "\r\n", 0},
        {PASSWORD "\n\n", 0},
        {PASSWORD "\0\n", 34},
        {PASSWORD "\n\0", 34},
        {PASSWORD "\n" OLDER "\n", 0},
        {PASSWORD "\nprevious " OLDER "\n", 0},
        {PASSWORD "\nprevious until 1767229200\n", 0},
        {PASSWORD "\nprevious  until 1767229200\n", 0},
        {PASSWORD "\nprevious short until 1767229200\n", 0},
        {PASSWORD "\nprevious " OLDER " until \n", 0},
        {PASSWORD "\nprevious " OLDER " until 1767229200", 0},
        {PASSWORD "\nprevious " OLDER " until -1\n", 0},
        {PASSWORD "\nprevious " OLDER " until +1\n", 0},
        {PASSWORD "\nprevious " OLDER " until 1.5\n", 0},
        {PASSWORD "\nprevious " OLDER " until 1 \n", 0},
        {PASSWORD "\nprevious " OLDER " until 1234567890123\n", 0},
        {PASSWORD "\nPrevious " OLDER " until 1767229200\n", 0},
        {PASSWORD "\nprevious " OLDER " until 1767229200\nmore\n", 0},
        {PASSWORD "\nprevious " OLDER " until 1\nprevious " OLDER " until 1\n",
         0},
    };
    fixture_t *f = *state;
    made_t m = make(f);
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        scep_octets_t pem,
            text = {(const unsigned char *)bad[i].text,
                    bad[i].len > 0 ? bad[i].len : strlen(bad[i].text)};

        assert_int_equal(
            scep_master_seal(m.pair->cert, text, f->pool, &pem, &f->res),
            SCEP_OK);
        put_file(f, m.path, pem.data, pem.len);
        broken(f, &m, "no master password");
    }
}

static void test_last_time_that_fits(void **state)
{
    static const char text[] =
        PASSWORD "\nprevious " OLDER " until 999999999999\n";
    fixture_t *f = *state;
    made_t m = make(f);
    scep_master_t *master;
    scep_octets_t pem, octets = {(const unsigned char *)text, strlen(text)};

    assert_int_equal(
        scep_master_seal(m.pair->cert, octets, f->pool, &pem, &f->res),
        SCEP_OK);
    put_file(f, m.path, pem.data, pem.len);
    assert_int_equal(load(f, &m, &master), SCEP_OK);
    assert_true(master->previous_until == APR_TIME_C(999999999999000000));
}

/* Every octet of what was read is overwritten with its pool. */
static void test_wiped(void **state)
{
    static const char zeros[sizeof(PASSWORD)];
    fixture_t *f = *state;
    made_t m = make(f);
    scep_master_t *master;
    const char *password, *previous;
    apr_pool_t *pool;

    assert_int_equal(save(f, &m, PASSWORD, OLDER, 0), SCEP_OK);
    apr_pool_create(&pool, f->pool);
    assert_int_equal(
        scep_master_read(m.path, m.pairs, geteuid(), pool, &master, &f->res),
        SCEP_OK);
    password = master->password;
    previous = master->previous;
    assert_string_equal(password, PASSWORD);
    apr_pool_clear(pool); /* keeps its first block */
    assert_memory_equal(password, zeros, sizeof(PASSWORD) - 1);
    assert_memory_equal(previous, zeros, sizeof(OLDER) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_valid),
        FIXTURE_TEST(test_write_and_read),
        FIXTURE_TEST(test_text),
        FIXTURE_TEST(test_longest),
        FIXTURE_TEST(test_write_refuses),
        FIXTURE_TEST(test_replace),
        FIXTURE_TEST(test_no_file),
        FIXTURE_TEST(test_file_is_looked_at),
        FIXTURE_TEST(test_owners),
        FIXTURE_TEST(test_malformed),
        FIXTURE_TEST(test_last_time_that_fits),
        FIXTURE_TEST(test_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
