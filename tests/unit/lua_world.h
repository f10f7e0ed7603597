/*
 * tests/unit/lua_world.h - a policy in Lua under test: settings through the core's own checks, the module's operations,
 * made-up facts, a store in memory, decisions remembered. One policy at a time.
 */
#ifndef TESTS_UNIT_LUA_WORLD_H
#define TESTS_UNIT_LUA_WORLD_H

#include <restante/policy.h>

#include "util/faults.h"

#define WORLD_MESSAGES 5
#define WORLD_NOW_S INT64_C(1700000000)

/* What hooks are told; set up anew by world_begin, to be changed by tests. */
extern struct restante_session_facts world_session;
extern struct restante_message_facts world_messages[WORLD_MESSAGES]; /* the last one's delivery is not known */
extern struct restante_maildrop_facts world_maildrop;
extern bool world_has_store, world_cannot_read, world_has_maildrop;

/* What came of it. */
extern struct restante_policy_terms world_terms;
extern struct restante_verdict world_verdict;
extern struct restante_error world_error;
extern struct restante_verdict world_decided[WORLD_MESSAGES + 1]; /* by number */
extern size_t world_decisions;
/* Called for each decision about a message, too, unless NULL. */
extern void (*world_on_decision)(size_t number, const struct restante_verdict *verdict);

/* A key of the policy's item, in line 2 and the following of the configuration. */
void world_give_text(const char *key, const char *text);
void world_give_integer(const char *key, int64_t integer);
void world_give_bool(const char *key, bool is_set);

/* No key is given any more. */
void world_forget_settings(void);

int world_begin(void **state);
int world_end(void **state);
/* Start the script from a file of this text, ending what was started before. The first fault is world_error.log. */
enum restante_status world_start(const char *script);
enum restante_status world_start_file(const char *name_or_path);
/* Started, or the test fails with the reason. */
void world_start_good(const char *script);
/* Refused, with this within the sentence. */
void world_start_bad(const char *script, const char *sentence);

/* Judge; `number` is the message it is about, 0: none. */
enum restante_status world_judge(enum restante_event event, size_t number);
enum restante_status world_judge_after(enum restante_event event, size_t number);
/* Fails, with this within the sentence, and decides nothing. */
void world_judge_bad(enum restante_event event, size_t number, const char *sentence);
enum restante_status world_announce(struct restante_announcement *announcement);

/* A file below the test's folder, for restante.list; its path. */
const char *world_file(const char *name, const char *text);
/* The text of a file of the source tree; for the caller to free. */
char *world_read_source(const char *name);

#endif
