#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/passwd.h"
#include "common/scheme.h"

static char hash[ADMIN_PASSWD_HASH_MAX + 1];
static struct scheme_work work;

static void made_hashes_open_what_they_should(void **state)
{
    static const char *const schemes[][2] = {
        {"SHA512-CRYPT", "{SHA512-CRYPT}$6$"},
        {"sha256-crypt", "{SHA256-CRYPT}$5$"},
        {"BLF-CRYPT", "{BLF-CRYPT}$2y$"},
        {"YESCRYPT", "{CRYPT}$y$"},
    };
    struct scheme_stored stored;
    char before[ADMIN_PASSWD_HASH_MAX + 1];
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        admin_passwd_hash(before, schemes[i][0], "open sesame", &why);
        admin_passwd_hash(hash, schemes[i][0], "open sesame", &why);
        assert_null(why);
        assert_int_equal(strncmp(hash, schemes[i][1], strlen(schemes[i][1])), 0);
        assert_string_not_equal(hash, before); /* another salt each time */
        assert_int_equal(scheme_parse(&stored, hash), SCHEME_USABLE);
        assert_int_equal(scheme_verify(&work, &stored, "open sesame", 11), SCHEME_MATCH);
        assert_int_equal(scheme_verify(&work, &stored, "Open sesame", 11), SCHEME_MISMATCH);
    }
}

static void what_could_not_log_in_is_refused(void **state)
{
    char longest[513];
    const char *why;
    (void)state;
    memset(longest, 'a', sizeof(longest) - 1);
    longest[512] = '\0';
    admin_passwd_hash(hash, "SHA512-CRYPT", longest, &why);
    assert_non_null(why);
    longest[73] = '\0';
    admin_passwd_hash(hash, "BLF-CRYPT", longest, &why);
    assert_non_null(why);
    admin_passwd_hash(hash, "SHA512-CRYPT", longest, &why);
    assert_null(why);
    admin_passwd_hash(hash, "SHA512-CRYPT", "", &why);
    assert_non_null(why);
    admin_passwd_hash(hash, "SHA512-CRYPT", "a\tb", &why);
    assert_non_null(why);
    assert_string_equal(hash, "");
    admin_passwd_hash(hash, "MD5", "a", &why);
    assert_non_null(why);
}

/* Run the command with `input` in a file as its standard input; its output is in `hash`. */
static int run(const char *input, size_t length, int argc, char **argv)
{
    FILE *in_file = tmpfile(), *out_file = tmpfile();
    assert_true(in_file && out_file);
    int in = fileno(in_file), out = fileno(out_file);
    int saved_in = dup(STDIN_FILENO), saved_out = dup(STDOUT_FILENO);
    assert_int_equal(pwrite(in, input, length, 0), (ssize_t)length);
    fflush(stdout);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    int status = admin_passwd(argc, argv);
    dup2(saved_in, STDIN_FILENO);
    dup2(saved_out, STDOUT_FILENO);
    close(saved_in);
    close(saved_out);
    ssize_t got = pread(out, hash, sizeof(hash) - 1, 0);
    hash[got > 0 ? got : 0] = '\0';
    fclose(in_file);
    fclose(out_file);
    return status;
}

static void a_line_from_a_pipe_becomes_a_hash(void **state)
{
    static const char *const inputs[] = {"se same\n", "se same", "se same\r\n", "se same\nmore\n", NULL};
    char *arguments[] = {(char[]){"passwd"}, (char[]){"-s"}, (char[]){"SHA256-CRYPT"}, NULL};
    struct scheme_stored stored;
    (void)state;
    for (size_t i = 0; inputs[i]; i++) {
        assert_int_equal(run(inputs[i], strlen(inputs[i]), 3, arguments), 0);
        assert_int_equal(hash[strlen(hash) - 1], '\n');
        hash[strlen(hash) - 1] = '\0';
        assert_int_equal(scheme_parse(&stored, hash), SCHEME_USABLE);
        assert_int_equal(scheme_verify(&work, &stored, "se same", 7), SCHEME_MATCH);
    }
    assert_int_equal(run("", 0, 3, arguments), 1);
    assert_int_equal(run("\n", 1, 3, arguments), 1);
    assert_int_equal(run("a\0b\n", 4, 3, arguments), 1);
    assert_string_equal(hash, "");
    arguments[2] = (char[]){"MD5"};
    assert_int_equal(run("sesame\n", 7, 3, arguments), 64);
    assert_int_equal(run("sesame\n", 7, 2, arguments), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_hashes_open_what_they_should),
        cmocka_unit_test(what_could_not_log_in_is_refused),
        cmocka_unit_test(a_line_from_a_pipe_becomes_a_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
