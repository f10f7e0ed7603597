/*
 * bench/load.c - options, the loop, and one line of JSON with what was done.
 */
#include "load.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, TIME_LIMIT_S = 300 };

const struct load_options *load_options;
const struct load_script *load_script;
struct load_totals load_totals;
SSL_CTX *load_tls;
int load_epoll;

void load_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

double load_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- the script ------------------------------------------------------------------------------------------------- */

static void script_put(struct load_script *script, const char *line)
{
    static const char *const multiline[] = {"RETR ", "TOP ", "LIST\r", "UIDL\r", "CAPA\r"};
    struct load_command *commands = realloc(script->commands, (script->count + 1) * sizeof(*commands));
    if (!commands)
        load_fail("out of memory");
    script->commands = commands;
    struct load_command *command = &commands[script->count++];
    *command = (struct load_command){.line = strdup(line), .length = strlen(line)};
    for (size_t i = 0; i < sizeof(multiline) / sizeof(multiline[0]); i++)
        command->is_multiline |= strncmp(line, multiline[i], strlen(multiline[i])) == 0;
}

void load_script_add(struct load_script *script, const char *text)
{
    char line[64], verb[16];
    unsigned first, last;
    if (sscanf(text, "%15s %u-%u", verb, &first, &last) != 3)
        first = last = 0;
    for (unsigned number = first; number <= last; number++) {
        if (last > 0)
            snprintf(line, sizeof(line), "%s %u\r\n", verb, number);
        else
            snprintf(line, sizeof(line), "%s\r\n", text);
        script_put(script, line);
    }
}

/* --- options ---------------------------------------------------------------------------------------------------- */

static unsigned option_number(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (*end || end == text || number > 1000000000)
        load_fail("not a number: %s", text);
    return (unsigned)number;
}

static void options_take(struct load_options *options, int argc, char **argv)
{
    static const struct option names[] = {
        {"port", required_argument, NULL, 'p'},     {"tls", no_argument, NULL, 't'},
        {"user", required_argument, NULL, 'u'},     {"users", required_argument, NULL, 'n'},
        {"secret", required_argument, NULL, 's'},   {"connections", required_argument, NULL, 'c'},
        {"parallel", required_argument, NULL, 'l'}, {"window", required_argument, NULL, 'w'},
        {"hold", no_argument, NULL, 'h'},           {"no-login", no_argument, NULL, 'g'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'p':
            options->port = (uint16_t)option_number(optarg);
            break;
        case 't':
            options->is_tls = true;
            break;
        case 'u':
            options->user = optarg;
            break;
        case 'n':
            options->users = option_number(optarg);
            break;
        case 's':
            options->secret = optarg;
            break;
        case 'c':
            options->connections = option_number(optarg);
            break;
        case 'l':
            options->parallel = option_number(optarg);
            break;
        case 'w':
            options->window = option_number(optarg);
            break;
        case 'h':
            options->holds = true;
            break;
        case 'g':
            options->has_login = false;
            break;
        default:
            exit(64);
        }
    }
    if (options->port == 0 || options->parallel == 0 || options->users == 0 || options->window == 0)
        load_fail("a port is needed, and no zero anywhere");
    /* Then no two clients are in one maildrop at the same time. */
    if (options->has_login && options->users % options->parallel != 0 && options->users > 1)
        load_fail("--users must be a multiple of --parallel");
}

/* --- the loop --------------------------------------------------------------------------------------------------- */

static void loop_wait(unsigned *busy, struct load_client *clients)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(load_epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
        struct load_client *client = events[i].data.ptr;
        if (!client_on_event(client, events[i].events))
            continue;
        (*busy)--;
        if (load_totals.opened == load_options->connections)
            continue;
        (*busy)++;
        client_open(client->is_held ? &clients[load_totals.opened] : client);
    }
}

static void loop_hold(void)
{
    char nothing;
    puts("holding");
    fflush(stdout);
    while (read(STDIN_FILENO, &nothing, 1) > 0)
        ;
}

static void loop_run(void)
{
    unsigned slots = load_options->holds ? load_options->connections : load_options->parallel;
    unsigned busy = 0;
    struct load_client *clients = calloc(slots, sizeof(*clients));
    if (!clients)
        load_fail("out of memory");
    for (unsigned i = 0; i < slots; i++)
        clients[i] = (struct load_client){.fd = -1, .slot = i};
    double began_s = load_now_s();
    for (; busy < load_options->parallel && load_totals.opened < load_options->connections; busy++)
        client_open(&clients[busy]);
    while (busy > 0)
        loop_wait(&busy, clients);
    double seconds = load_now_s() - began_s;
    if (load_options->holds)
        loop_hold();
    printf("{\"sessions\": %u, \"octets\": %llu, \"seconds\": %.6f, \"ready_ms\": %.4f}\n", load_totals.done,
           (unsigned long long)load_totals.octets, seconds, load_totals.ready_s * 1000 / load_totals.done);
    for (unsigned i = 0; i < slots; i++) {
        if (clients[i].fd >= 0)
            client_close(&clients[i]);
    }
    free(clients);
}

static void tls_open(void)
{
    load_tls = SSL_CTX_new(TLS_client_method());
    if (!load_tls)
        load_fail("no memory for TLS");
    SSL_CTX_set_verify(load_tls, SSL_VERIFY_NONE, NULL);             /* loopback, and a certificate made for the run */
    SSL_CTX_set_session_cache_mode(load_tls, SSL_SESS_CACHE_OFF);    /* every handshake is a full one */
    SSL_CTX_set_mode(load_tls, SSL_MODE_AUTO_RETRY);
}

int main(int argc, char **argv)
{
    struct load_options options = {
        .has_login = true, .user = "user", .secret = "secret", .users = 1, .connections = 1, .parallel = 1, .window = 1};
    struct load_script script = {0};
    struct rlimit files;
    options_take(&options, argc, argv);
    for (int i = optind; i < argc; i++)
        load_script_add(&script, argv[i]);
    if (!options.holds)
        load_script_add(&script, "QUIT");
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    alarm(TIME_LIMIT_S);
    load_options = &options;
    load_script = &script;
    load_epoll = epoll_create1(EPOLL_CLOEXEC);
    if (options.is_tls)
        tls_open();
    loop_run();
    return 0;
}
