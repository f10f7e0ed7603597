/*
 * policy/announcement.c - what CAPA announces for all policies together. Runs in a worker, and in the nursery for what
 * is announced before login.
 */
#include "policy/failure.h"
#include "policy/stack.h"
#include "policy/watch.h"

static const struct restante_announcement announcement_nothing = {.expire_days = RESTANTE_NO_ANNOUNCEMENT,
                                                                  .login_delay_s = RESTANTE_NO_ANNOUNCEMENT};

static void announcement_add(const struct restante_announcement *one, struct restante_announcement *all)
{
    bool is_never = one->expire_days == RESTANTE_EXPIRE_NEVER;
    if (is_never && all->expire_days == RESTANTE_NO_ANNOUNCEMENT)
        all->expire_days = RESTANTE_EXPIRE_NEVER;
    if (one->expire_days >= 0 && (all->expire_days < 0 || one->expire_days < all->expire_days))
        all->expire_days = one->expire_days;
    if (one->login_delay_s > all->login_delay_s)
        all->login_delay_s = one->login_delay_s;
    all->expire_differs = all->expire_differs || one->expire_differs;
    all->login_delay_differs = all->login_delay_differs || one->login_delay_differs;
}

/* To this session; what was said to everybody when that fails. */
static struct restante_announcement announcement_of(const struct policy_entry *entry, struct restante_facts *facts,
                                                    policy_store_of store_of, void *context)
{
    struct restante_announcement announcement = announcement_nothing;
    struct restante_error error = {0};
    if (!facts || !entry->operations->announce)
        return entry->terms.announcement;
    facts->store = store_of ? store_of(context, entry->terms.name) : NULL;
    policy_watch_begin(entry, facts, "announce");
    enum restante_status status = entry->operations->announce(entry->policy, facts, &announcement, &error);
    policy_watch_end();
    if (status == RESTANTE_OK)
        return announcement;
    policy_failure_log(entry, facts, "announce", "as-before-login", &error);
    return entry->terms.announcement;
}

void policy_stack_announce(const struct policy_stack *stack, struct restante_facts *facts, policy_store_of store_of,
                           void *context, struct restante_announcement *announcement)
{
    *announcement = announcement_nothing;
    if (facts) {
        facts->event = RESTANTE_EVENT_CAPA;
        facts->is_after = false;
        facts->decide = NULL;
        facts->host_data = NULL;
    }
    for (size_t i = 0; i < stack->count; i++) {
        struct restante_announcement one = announcement_of(&stack->entries[i], facts, store_of, context);
        announcement_add(&one, announcement);
    }
    if (facts)
        announcement->expire_differs = announcement->login_delay_differs = false;
}
