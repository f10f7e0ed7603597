/*
 * policy/watch.c - see watch.h.
 */
#include "policy/watch.h"

#include "policy/failure.h"
#include "util/error.h"
#include "util/watchdog.h"

/* Lua's own limit is at most 10 s, and 1 s more for so many messages. */
enum { WATCH_TICKS = 8, WATCH_MESSAGES_PER_TICK = 50000 };

static struct {
    const struct policy_entry *entry;
    const struct restante_facts *facts;
    const char *hook;
} watch;

/* From a signal handler. */
static void watch_on_stuck(void)
{
    struct restante_error error;
    error_set(&error, RESTANTE_TEMPORARY, 0, NULL,
              "it does not come back: this process ends with all its sessions, and nothing is removed");
    policy_failure_log(watch.entry, watch.facts, watch.hook, "process-ends", &error);
}

void policy_watch_begin(const struct policy_entry *entry, const struct restante_facts *facts, const char *hook)
{
    size_t messages = facts->maildrop ? facts->maildrop->count : 0;
    watch.entry = entry;
    watch.facts = facts;
    watch.hook = hook;
    watchdog_begin(WATCH_TICKS + (unsigned)(messages / WATCH_MESSAGES_PER_TICK), watch_on_stuck);
}

void policy_watch_end(void)
{
    watchdog_end();
}
