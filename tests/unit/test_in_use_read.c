/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_in_use_read.c: in-use.json with wrong content, owner or mode. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scep_in_use.h"

#define PAIR                                                                   \
    "{\"certificate\": \"/ra.crt\", \"key\": \"/ra.key\", \"fingerprint\": "   \
    "\"ab\", \"decrypts\": true, \"own\": false}"
#define CA(pairs, master)                                                      \
    "{\"name\": \"main\", \"servers\": [], \"pairs\": [" pairs "], "           \
    "\"databaseDriver\": \"sqlite3\", \"database\": \"/s\", "                  \
    "\"databasePasswordLeftOut\": false, \"masterPasswordFile\": " master ", " \
    "\"masterPasswordUsed\": true}"

static const char *path_of(const fixture_t *f)
{
    return apr_pstrcat(f->pool, f->scratch, "/" SCEP_IN_USE_FILE, NULL);
}

static const char *file_of(const fixture_t *f, const char *format,
                           const char *dir, const char *cas)
{
    return apr_pstrcat(f->pool, "{\"format\": ", format,
                       ", \"version\": \"1\", \"written\": 5, \"stateDir\": \"",
                       dir,
                       "\", \"uid\": 1, \"gid\": 1, \"stateDirs\": [], "
                       "\"configuration\": [], \"cas\": [",
                       cas, "]}", NULL);
}

static scep_status_e read_text(fixture_t *f, const char *text, size_t len)
{
    scep_in_use_t *in_use = NULL;
    scep_status_e status;
    int fd = open(path_of(f), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_true(write(fd, text, len) == (ssize_t)len);
    close(fd);
    scep_result_init(&f->res, f->pool);
    status = scep_in_use_read(f->scratch, f->pool, &in_use, &f->res);
    assert_true((status == SCEP_OK) == (in_use != NULL));
    return status;
}

static void wrong(fixture_t *f, const char *text, const char *said)
{
    assert_int_equal(read_text(f, text, strlen(text)), SCEP_BROKEN);
    if (strstr(f->res.detail, said) == NULL) {
        fail_msg("%s\nis not in\n%s", said, f->res.detail);
    }
}

static void test_right(void **state)
{
    fixture_t *f = *state;
    const char *text = file_of(f, "1", f->scratch, CA(PAIR, "\"/m\""));

    assert_int_equal(read_text(f, text, strlen(text)), SCEP_OK);
    /* what a later version adds is no fault */
    text = apr_pstrcat(f->pool, "{\"new\": 1, ", text + 1, NULL);
    assert_int_equal(read_text(f, text, strlen(text)), SCEP_OK);
}

static void test_none(void **state)
{
    fixture_t *f = *state;
    scep_in_use_t *in_use;

    assert_int_equal(scep_in_use_read(f->scratch, f->pool, &in_use, &f->res),
                     SCEP_NOT_FOUND);
}

static void test_values(void **state)
{
    fixture_t *f = *state;
    const char *dir = f->scratch;
    char *longest = apr_pcalloc(f->pool, 9001);

    memset(longest, 'x', 9000);
    wrong(f, "", "is damaged");
    wrong(f, "[]", "\"format\"");
    wrong(f, "{}", "\"format\"");
    wrong(f, "{\"format\": \"1\"}", "\"format\"");
    wrong(f, file_of(f, "2", dir, ""), "another version");
    wrong(f, file_of(f, "1", "state", ""), "\"stateDir\"");
    wrong(f, file_of(f, "1", dir, "7"), "is wrong");
    wrong(f, file_of(f, "1", dir, CA(PAIR, "7")), "\"masterPasswordFile\"");
    wrong(f, file_of(f, "1", dir, CA(PAIR, "null")), "\"masterPasswordFile\"");
    wrong(f, file_of(f, "1", dir, CA(PAIR, "\"m\"")), "\"masterPasswordFile\"");
    wrong(f, file_of(f, "1", dir, CA("7", "\"/m\"")), "is wrong");
    wrong(f, file_of(f, "1", dir, CA("{}", "\"/m\"")), "is wrong");
    wrong(f,
          file_of(f, "1", dir,
                  apr_pstrcat(f->pool, "{\"name\": \"", longest, "\"}", NULL)),
          "is wrong");
    wrong(f, file_of(f, "1", "/", CA(PAIR, "\"/m\"")), "another directory");
    wrong(f, file_of(f, "1", "/none/\\u001b[2J", ""), "another directory");
    assert_null(strchr(f->res.detail, '\x1b'));
}

/* Cut off anywhere, with any octet changed: never a crash, never a value that
 * is not there. */
static void test_damage(void **state)
{
    fixture_t *f = *state;
    const char *text = file_of(f, "1", f->scratch, CA(PAIR, "\"/m\""));
    size_t i, len = strlen(text);
    char *copy;

    for (i = 0; i < len; i += fixture_thin()) {
        assert_int_equal(read_text(f, text, i), SCEP_BROKEN);
        copy = apr_pstrdup(f->pool, text);
        copy[i] = (char)(copy[i] ^ 0x80);
        assert_int_equal(read_text(f, copy, len), SCEP_BROKEN);
    }
}

static void test_size(void **state)
{
    fixture_t *f = *state;
    size_t len = 5 << 20;
    char *text = apr_palloc(f->pool, len);

    memset(text, ' ', len);
    assert_int_equal(read_text(f, text, len), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "larger than"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_right),  FIXTURE_TEST(test_none),
        FIXTURE_TEST(test_values), FIXTURE_TEST(test_damage),
        FIXTURE_TEST(test_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
