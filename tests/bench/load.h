/*
 * bench/load.h - the load generator: many POP3 clients in one process, so light that the server is what is measured.
 *
 * Every client plays the same script: log in, the commands given, QUIT. Anything but +OK ends the program with an error,
 * for a measurement of failures would be worth nothing.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

struct load_options {
    uint16_t port;
    bool is_tls;
    bool has_login;     /* false: the greeting is all that is waited for */
    bool holds;         /* stay connected, idle, after the last command instead of QUIT, until stdin ends */
    const char *user;   /* with a number behind it when there are several */
    const char *secret;
    unsigned users;
    unsigned connections; /* in all */
    unsigned parallel;    /* at the same time; with `holds`, busy at the same time */
    unsigned window;      /* commands on their way at the same time, after the login */
};

/* What a client sends after the login, one command per entry. */
struct load_command {
    char *line;
    size_t length;
    bool is_multiline;
};

struct load_script {
    struct load_command *commands;
    size_t count;
};

struct load_totals {
    uint64_t octets;     /* received */
    double ready_s;      /* from connect to the answer to the first command after the login, summed */
    unsigned opened, done, held;
};

/* A client's connection. One per slot; a slot that holds none has fd -1. */
struct load_client {
    int fd;
    SSL *ssl;
    unsigned slot, round;
    bool is_connected, is_secured, is_logged_in, is_held;
    bool in_body;          /* of a multi-line reply */
    bool starts_well;      /* this line began with what ends well: '+' of a status line, '.' in a body */
    size_t line_length;    /* of this line so far */
    unsigned login_step;   /* replies so far: greeting, USER, PASS */
    size_t sent, answered; /* commands of the script */
    double began_s;
};

extern const struct load_options *load_options;
extern const struct load_script *load_script;
extern struct load_totals load_totals;
extern SSL_CTX *load_tls;
extern int load_epoll;

noreturn void load_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
double load_now_s(void);

/* Appends a command; "RETR 1-500" stands for 500 of them. */
void load_script_add(struct load_script *script, const char *text);

/* Begin a connection in this slot. */
void client_open(struct load_client *client);

/* What epoll said. True once the client's script is over: closed, or held. */
bool client_on_event(struct load_client *client, uint32_t events);

void client_close(struct load_client *client);

#endif
