/*
 * ledger/ledger_put.c - changes. Runs in a worker, as the mailbox owner. What may not be written is refused and logged:
 * a line that could not be read again would be damage.
 */
#include "ledger/ledger.h"

#include <string.h>

#include "ledger/ledger_state.h"
#include "util/log.h"

/* Apply and remember to write it. Strings of `line` are the caller's. */
static void ledger_put(struct restante_ledger *ledger, struct ledger_line line)
{
    const struct ledger_entry *entry = ledger_table_find(&ledger->table, line.uidl);
    line.uidl = entry ? entry->uidl : ledger_strings_keep(&ledger->strings, line.uidl);
    if (line.text)
        line.text = ledger_strings_keep_again(&ledger->strings, line.text);
    ledger_pend(ledger, &line);
    ledger_apply(ledger, &line);
}

static bool ledger_may_put(const struct restante_ledger *ledger, const char *uidl)
{
    if (!ledger)
        return false;
    if (ledger_line_is_uidl(uidl))
        return true;
    log_warn("the ledger refuses a unique-id that is not 1 to 70 characters of 0x21 to 0x7E: %s", uidl);
    return false;
}

void ledger_expect(struct restante_ledger *ledger, size_t records)
{
    if (ledger)
        ledger_table_reserve(&ledger->table, records);
}

void ledger_put_first_seen(struct restante_ledger *ledger, const char *uidl, int64_t when_s)
{
    if (!ledger_may_put(ledger, uidl) || when_s <= 0)
        return;
    const struct ledger_entry *entry = ledger_find(ledger, uidl);
    if (!entry || entry->first_seen_s != when_s)
        ledger_put(ledger, (struct ledger_line){.record = LEDGER_RECORD_SEEN, .when_s = when_s, .uidl = uidl});
}

void ledger_put_note(struct restante_ledger *ledger, const char *uidl, const char *note)
{
    if (!ledger_may_put(ledger, uidl))
        return;
    const struct ledger_entry *entry = ledger_find(ledger, uidl);
    const char *old = entry && entry->note ? entry->note : "";
    if (!note)
        note = "";
    if (!ledger_line_is_note(note))
        log_warn("the ledger refuses a note that is not up to %d printable characters", LEDGER_NOTE_MAX);
    else if (strcmp(old, note) != 0)
        ledger_put(ledger, (struct ledger_line){.record = LEDGER_RECORD_NOTE, .uidl = uidl, .text = note});
}

void ledger_put_retrieved(struct restante_ledger *ledger, const char *uidl, int64_t when_s)
{
    if (!ledger_may_put(ledger, uidl))
        return;
    const struct ledger_entry *entry = ledger_find(ledger, uidl);
    struct ledger_line line = {.record = LEDGER_RECORD_RETRIEVED, .when_s = when_s < 0 ? 0 : when_s, .count = 1,
                               .uidl = uidl};
    if (entry && entry->retrieved_count) {
        line.when_s = entry->first_retrieved_s;
        line.count = entry->retrieved_count == UINT32_MAX ? UINT32_MAX : entry->retrieved_count + 1;
    }
    ledger_put(ledger, line);
}

void ledger_put_removed(struct restante_ledger *ledger, const char *uidl)
{
    if (ledger_may_put(ledger, uidl) && ledger_find(ledger, uidl))
        ledger_put(ledger, (struct ledger_line){.record = LEDGER_RECORD_REMOVED, .uidl = uidl});
}

/* --- marks ------------------------------------------------------------------------------------------------------ */

static void ledger_clean_rule(char to[LEDGER_RULE_MAX + 1], const char *rule)
{
    size_t length = 0;
    for (; rule && rule[length] && length < LEDGER_RULE_MAX; length++)
        to[length] = rule[length] >= ' ' && rule[length] <= '~' ? rule[length] : '?';
    to[length] = '\0';
}

static bool ledger_is_rule(const char *old, const char *rule)
{
    return strcmp(old ? old : "", rule) == 0;
}

void ledger_put_hidden(struct restante_ledger *ledger, const char *uidl, int64_t since_s, const char *rule)
{
    char text[LEDGER_RULE_MAX + 1];
    if (!ledger_may_put(ledger, uidl))
        return;
    const struct ledger_marks *marks = ledger_marks(ledger, ledger_find(ledger, uidl));
    if (since_s < 0)
        since_s = 0;
    ledger_clean_rule(text, since_s ? rule : "");
    if (marks->hidden_s != since_s || !ledger_is_rule(marks->hidden_rule, text))
        ledger_put(ledger, (struct ledger_line){
                               .record = LEDGER_RECORD_HIDDEN, .when_s = since_s, .uidl = uidl, .text = text});
}

void ledger_put_set_aside(struct restante_ledger *ledger, const char *uidl, int64_t since_s, int64_t until_s,
                          const char *rule)
{
    char text[LEDGER_RULE_MAX + 1];
    if (!ledger_may_put(ledger, uidl))
        return;
    const struct ledger_marks *marks = ledger_marks(ledger, ledger_find(ledger, uidl));
    if (since_s < 0)
        since_s = 0;
    if (until_s < 0 || since_s == 0)
        until_s = 0;
    ledger_clean_rule(text, since_s ? rule : "");
    if (marks->set_aside_s != since_s || marks->set_aside_until_s != until_s ||
        !ledger_is_rule(marks->set_aside_rule, text))
        ledger_put(ledger, (struct ledger_line){.record = LEDGER_RECORD_SET_ASIDE,
                                                .when_s = since_s,
                                                .until_s = until_s,
                                                .uidl = uidl,
                                                .text = text});
}

/* --- the policies' store ---------------------------------------------------------------------------------------- */

bool ledger_store_put(struct restante_ledger *ledger, const char *policy, const char *name, const char *value)
{
    if (!ledger || !ledger_store_is_policy(policy) || !ledger_store_is_name(name))
        return false;
    if (!value)
        value = "";
    if (!ledger_store_is_value(value))
        return false;
    const char *old = ledger_store_find(&ledger->store, policy, name);
    return strcmp(old ? old : "", value) == 0 || ledger_store_set(&ledger->store, policy, name, value, false);
}
