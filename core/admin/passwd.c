/*
 * `restante passwd`. Runs as whoever calls it, reads no configuration and writes no file: it prints one line for the
 * administrator to place. From a terminal the password is asked for twice without echo; from a pipe one line is read.
 */
#include "admin/passwd.h"

#include <crypt.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "util/fd.h"

enum { PASSWD_OK = 0, PASSWD_FAILURE = 1, PASSWD_USAGE = 64 };
enum { PASSWD_SECRET_MAX = CRYPT_MAX_PASSPHRASE_SIZE - 1, PASSWD_BCRYPT_MAX = 72 };

struct passwd_scheme {
    const char *name;
    const char *written; /* in braces */
    const char *prefix;
};

static const struct passwd_scheme passwd_schemes[] = {
    {"SHA512-CRYPT", "SHA512-CRYPT", "$6$"},
    {"SHA256-CRYPT", "SHA256-CRYPT", "$5$"},
    {"BLF-CRYPT", "BLF-CRYPT", "$2y$"},
    {"YESCRYPT", "CRYPT", "$y$"},
};

static const struct passwd_scheme *passwd_find(const char *name)
{
    for (size_t i = 0; i < sizeof(passwd_schemes) / sizeof(passwd_schemes[0]); i++) {
        if (strcasecmp(passwd_schemes[i].name, name) == 0)
            return &passwd_schemes[i];
    }
    return NULL;
}

/* What could never be used to log in is not worth a hash. */
static const char *passwd_check(const struct passwd_scheme *scheme, const char *secret)
{
    size_t length = strlen(secret);
    if (!scheme)
        return "unknown scheme: use SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT or YESCRYPT";
    if (length == 0)
        return "an empty password is not accepted";
    if (length > PASSWD_SECRET_MAX)
        return "a password has at most 511 octets";
    if (strcmp(scheme->prefix, "$2y$") == 0 && length > PASSWD_BCRYPT_MAX)
        return "BLF-CRYPT looks at the first 72 octets only: take another scheme";
    for (const char *at = secret; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return "a password with control characters is not accepted";
    }
    return NULL;
}

void admin_passwd_hash(char to[ADMIN_PASSWD_HASH_MAX + 1], const char *scheme, const char *secret, const char **why)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    const struct passwd_scheme *found = passwd_find(scheme);
    to[0] = '\0';
    *why = passwd_check(found, secret);
    if (*why)
        return;
    struct crypt_data *work = calloc(1, sizeof(*work));
    const char *hash = NULL;
    if (work && crypt_gensalt_rn(found->prefix, 0, NULL, 0, setting, (int)sizeof(setting)))
        hash = crypt_r(secret, setting, work);
    if (hash && hash[0] != '*')
        snprintf(to, ADMIN_PASSWD_HASH_MAX + 1, "{%s}%s", found->written, hash);
    else
        *why = "crypt cannot make this hash here";
    if (work)
        explicit_bzero(work, sizeof(*work));
    free(work);
}

/* --- reading -------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t passwd_signal;

static void passwd_on_signal(int number)
{
    passwd_signal = number;
}

/* One line without its end into `to`; a longer one is cut, which its length then shows. */
static bool passwd_read_line(char *to, size_t capacity)
{
    size_t used = 0;
    bool is_ended = false;
    char c;
    while (!is_ended) {
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR && !passwd_signal)
            continue;
        if (got < 0 || (got == 0 && used == 0))
            return false;
        is_ended = got == 0 || c == '\n';
        if (!is_ended && used + 1 < capacity)
            to[used++] = c ? c : '\x01'; /* a NUL is a control character as others are */
    }
    if (used > 0 && to[used - 1] == '\r')
        used--;
    to[used] = '\0';
    return true;
}

static const int passwd_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { PASSWD_SIGNALS = sizeof(passwd_signals) / sizeof(passwd_signals[0]) };

/* Ask on the terminal without echo; whatever ends the reading, the echo comes back. */
static bool passwd_ask(const char *prompt, char *to, size_t capacity)
{
    struct termios before, silent;
    struct sigaction act = {.sa_handler = passwd_on_signal}, saved[PASSWD_SIGNALS];
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    passwd_signal = 0;
    sigemptyset(&act.sa_mask);
    for (size_t i = 0; i < PASSWD_SIGNALS; i++)
        sigaction(passwd_signals[i], &act, &saved[i]);
    fd_write_all(STDERR_FILENO, prompt, strlen(prompt));
    bool has_read = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 && passwd_read_line(to, capacity);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fd_write_all(STDERR_FILENO, "\n", 1);
    for (size_t i = 0; i < PASSWD_SIGNALS; i++)
        sigaction(passwd_signals[i], &saved[i], NULL);
    if (passwd_signal)
        raise(passwd_signal);
    return has_read;
}

static bool passwd_read(char *secret, size_t capacity)
{
    char again[PASSWD_SECRET_MAX + 2];
    bool is_same = false;
    if (!isatty(STDIN_FILENO)) {
        if (passwd_read_line(secret, capacity))
            return true;
        fprintf(stderr, "restante passwd: there is no password on standard input\n");
        return false;
    }
    if (passwd_ask("Password: ", secret, capacity) && passwd_ask("Again: ", again, sizeof(again))) {
        is_same = strcmp(secret, again) == 0;
        if (!is_same)
            fprintf(stderr, "restante passwd: the two are not the same\n");
    }
    explicit_bzero(again, sizeof(again));
    return is_same;
}

static int passwd_usage(void)
{
    fprintf(stderr, "usage: restante passwd [-s SHA512-CRYPT|SHA256-CRYPT|BLF-CRYPT|YESCRYPT]\n");
    return PASSWD_USAGE;
}

int admin_passwd(int argc, char **argv)
{
    char secret[PASSWD_SECRET_MAX + 2], hash[ADMIN_PASSWD_HASH_MAX + 1];
    const char *scheme = "SHA512-CRYPT", *why = NULL;
    int option;
    optind = 1;
    while ((option = getopt(argc, argv, "s:c:")) != -1) {
        if (option == 's')
            scheme = optarg;
        else if (option != 'c') /* every command takes -c FILE; this one has no use for it */
            return passwd_usage();
    }
    if (optind != argc || !passwd_find(scheme))
        return passwd_usage();
    if (!passwd_read(secret, sizeof(secret)))
        return PASSWD_FAILURE;
    admin_passwd_hash(hash, scheme, secret, &why);
    explicit_bzero(secret, sizeof(secret));
    if (why) {
        fprintf(stderr, "restante passwd: %s\n", why);
        return PASSWD_FAILURE;
    }
    return puts(hash) >= 0 && fflush(stdout) == 0 ? PASSWD_OK : PASSWD_FAILURE;
}
