/*
 * auth/auth_penalties.h - who has to wait before a password is checked. The dispatcher owns these counts for all
 * frontends; time is an argument, no timer runs here.
 *
 * Each refused password raises the level of its address and of its user name, whether there is such a user or not. The
 * first `free_failures` cost nothing; each further one doubles the pause that must follow it, from `first_ms` up to
 * `maximum_ms`; one failure is forgotten every `forget_ms`, which halves the pause again. Errors never count.
 *
 * Tries are scheduled before they are checked, right or wrong: as many run at once as there are free failures left,
 * else one at a time with the pause in between. So tries in parallel take as long as tries in sequence. One that would
 * wait longer than `wait_ms` is refused unchecked. A client that leaves gives up its place; what runs already counts.
 *
 * An address from which a user has logged in is known for that user. Such tries are scheduled and counted by
 * themselves: neither an attack on the user name nor the failures of the address delay them, and a telephone with an
 * old password delays only itself. (Someone who shares the address can learn from this who has logged in from there.)
 */
#ifndef AUTH_AUTH_PENALTIES_H
#define AUTH_AUTH_PENALTIES_H

#include <sys/queue.h>

#include "auth/auth_penalty_table.h"

struct auth_penalties_settings {
    bool is_enabled;
    uint32_t free_failures;
    int64_t first_ms, maximum_ms, forget_ms, wait_ms;
    size_t entries;     /* of each table: addresses, users, known addresses of users */
    size_t waiting_max; /* tries that wait, all together */
};

enum auth_try_state { AUTH_TRY_NONE = 0, AUTH_TRY_WAITING, AUTH_TRY_RUNNING };

/* One try to log in; the caller keeps it at its place until it has ended. */
struct auth_try {
    TAILQ_ENTRY(auth_try) link;
    enum auth_try_state state;
    bool is_known;
    struct auth_penalty *schedules[2]; /* address and user, or the known pair alone */
    struct auth_key user, pair;
    int64_t since_ms;
    void *context; /* the caller's */
};

enum auth_try_result {
    AUTH_TRY_WITHDRAWN = 0, /* not checked, or the answer is not known: counts for nothing */
    AUTH_TRY_FAILED,        /* the password was checked and is wrong */
    AUTH_TRY_SUCCEEDED,
};

struct auth_penalties;

struct auth_penalties *auth_penalties_open(const struct auth_penalties_settings *settings);
void auth_penalties_close(struct auth_penalties **penalties);

/*
 * A try arrives. False when it is refused at once: it, or too many altogether, would wait too long. Otherwise
 * auth_penalties_next gives it back when it may run, perhaps now.
 */
bool auth_penalties_begin(struct auth_penalties *penalties, struct auth_try *try, const char *user, const char *peer,
                          int64_t now_ms);
/*
 * The next try whose turn has come, in the order of arrival; NULL: none now. With *is_refused it has waited too long
 * and has ended.
 */
struct auth_try *auth_penalties_next(struct auth_penalties *penalties, int64_t now_ms, bool *is_refused);
/* When to call auth_penalties_next again unless a try ends before; -1: not before a try ends or begins. */
int64_t auth_penalties_due_ms(const struct auth_penalties *penalties, int64_t now_ms);
/*
 * The try has ended, in whatever state. After AUTH_TRY_SUCCEEDED the result is how many of this user's passwords were
 * refused since the last success.
 */
uint32_t auth_penalties_end(struct auth_penalties *penalties, struct auth_try *try, enum auth_try_result result,
                            int64_t now_ms);

/* --- auth_penalties_memory.c: what a new generation's dispatcher is told ------------------------------------------ */

/*
 * The next part of what is remembered, at most `capacity` octets, beginning with *cursor = 0; returns its length, 0
 * after the last part.
 */
size_t auth_penalties_export(const struct auth_penalties *penalties, size_t *cursor, void *to, size_t capacity,
                             int64_t now_ms);
/*
 * TRUST: another room's. Take over what a part holds: the worse of both counts. False, with nothing changed, when the
 * part is malformed. What was counted here under another seed is forgotten.
 */
bool auth_penalties_import(struct auth_penalties *penalties, const void *data, size_t length, int64_t now_ms);

#endif
