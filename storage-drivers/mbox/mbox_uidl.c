/*
 * mbox/mbox_uidl.c - the UIDL of a message: its digest in hexadecimal. Runs in a worker, as the mailbox owner.
 *
 * Several messages can have one digest only when they are the same to the octet. They are numbered, and the ledger
 * remembers which numbers were given: when the first of two is removed, the other keeps "-2".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mbox/mbox.h"

#define DIGEST_DIGITS (2 * MBOX_DIGEST_OCTETS)

/* A UIDL of ours that the ledger knows. */
struct uidl_known {
    uint8_t digest[MBOX_DIGEST_OCTETS];
    uint32_t copy;
};

void mbox_uidl_format(const struct mbox_message *message, char uidl[RESTANTE_UIDL_MAX + 1])
{
    static const char digits[] = "0123456789abcdef";
    if (message->state & MBOX_X_UIDL) {
        memcpy(uidl, message->text, RESTANTE_UIDL_MAX + 1);
        uidl[RESTANTE_UIDL_MAX] = '\0';
        return;
    }
    for (size_t i = 0; i < MBOX_DIGEST_OCTETS; i++) {
        uidl[2 * i] = digits[message->digest[i] >> 4];
        uidl[2 * i + 1] = digits[message->digest[i] & 15];
    }
    uidl[DIGEST_DIGITS] = '\0';
    if (message->copy > 1)
        snprintf(uidl + DIGEST_DIGITS, RESTANTE_UIDL_MAX + 1 - DIGEST_DIGITS, "-%u", message->copy);
}

static int uidl_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool uidl_parse(const char *uidl, struct uidl_known *known)
{
    if (strlen(uidl) < DIGEST_DIGITS)
        return false;
    for (size_t i = 0; i < MBOX_DIGEST_OCTETS; i++) {
        int high = uidl_digit(uidl[2 * i]), low = uidl_digit(uidl[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        known->digest[i] = (uint8_t)(high << 4 | low);
    }
    known->copy = 1;
    const char *rest = uidl + DIGEST_DIGITS;
    if (!*rest)
        return true;
    unsigned long number = *rest == '-' && rest[1] >= '1' && rest[1] <= '9' ? strtoul(rest + 1, NULL, 10) : 0;
    known->copy = (uint32_t)number;
    return number > 1 && number < UINT32_MAX;
}

static int known_compare(const void *a, const void *b)
{
    const struct uidl_known *left = a, *right = b;
    int order = memcmp(left->digest, right->digest, MBOX_DIGEST_OCTETS);
    if (order != 0)
        return order;
    return (left->copy > right->copy) - (left->copy < right->copy);
}

/* Every UIDL of this kind in the ledger, sorted; `digest` (NULL: any) chooses. NULL without memory. */
static struct uidl_known *known_collect(const struct mbox *mbox, const uint8_t *digest, size_t *count)
{
    size_t capacity = 64, cursor = 0;
    struct uidl_known one, *known = malloc(capacity * sizeof(*known));
    const char *uidl;
    *count = 0;
    while (known && (uidl = mbox->host->ledger_next(mbox->ledger, &cursor))) {
        if (!uidl_parse(uidl, &one) || (digest && memcmp(one.digest, digest, MBOX_DIGEST_OCTETS) != 0))
            continue;
        if (*count == capacity) {
            struct uidl_known *grown = realloc(known, 2 * capacity * sizeof(*known));
            if (!grown) {
                free(known);
                return NULL;
            }
            known = grown;
            capacity *= 2;
        }
        known[(*count)++] = one;
    }
    if (known)
        qsort(known, *count, sizeof(*known), known_compare);
    return known;
}

/* The first of this digest; `count` when there is none. */
static size_t known_find(const struct uidl_known *known, size_t count, const uint8_t digest[MBOX_DIGEST_OCTETS])
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(known[middle].digest, digest, MBOX_DIGEST_OCTETS) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && memcmp(known[low].digest, digest, MBOX_DIGEST_OCTETS) == 0 ? low : count;
}

static int message_compare(const void *a, const void *b)
{
    const struct mbox_message *left = *(const struct mbox_message *const *)a;
    const struct mbox_message *right = *(const struct mbox_message *const *)b;
    int order = memcmp(left->digest, right->digest, MBOX_DIGEST_OCTETS);
    if (order != 0)
        return order;
    return (left->offset > right->offset) - (left->offset < right->offset);
}

/*
 * Messages of one digest, in the order of the file: the numbers that are known first, then new ones. Those that go by
 * their X-UIDL have none.
 */
static void uidl_number(struct mbox_message **messages, size_t count, const struct uidl_known *known, size_t known_count)
{
    uint32_t last = 0;
    size_t at = known_find(known, known_count, messages[0]->digest);
    for (size_t i = 0; i < count; i++) {
        if (messages[i]->state & MBOX_X_UIDL)
            continue;
        bool is_known = at < known_count && memcmp(known[at].digest, messages[0]->digest, MBOX_DIGEST_OCTETS) == 0;
        messages[i]->copy = is_known ? known[at++].copy : last + 1;
        last = messages[i]->copy;
    }
}

static int text_compare(const void *a, const void *b)
{
    const struct mbox_message *left = *(const struct mbox_message *const *)a;
    const struct mbox_message *right = *(const struct mbox_message *const *)b;
    bool is_left = left->state & MBOX_X_UIDL, is_right = right->state & MBOX_X_UIDL;
    if (!is_left || !is_right)
        return is_right - is_left;
    int order = strcmp(left->text, right->text);
    return order != 0 ? order : (left->offset > right->offset) - (left->offset < right->offset);
}

/* Of several messages that claim one X-UIDL the first has it. */
static void uidl_drop_doubles(struct mbox_message **messages, size_t count)
{
    qsort(messages, count, sizeof(*messages), text_compare);
    for (size_t i = count; i-- > 1;) {
        bool is_double = messages[i]->state & MBOX_X_UIDL && messages[i - 1]->state & MBOX_X_UIDL &&
                         strcmp(messages[i]->text, messages[i - 1]->text) == 0;
        if (is_double)
            messages[i]->state &= ~MBOX_X_UIDL;
    }
}

/*
 * A message whose X-UIDL another one had, until that one was removed, keeps the UIDL that clients know it by.
 * `messages` have one digest; `is_known`: the ledger holds a UIDL made of it.
 */
static void uidl_drop_late(const struct mbox *mbox, struct mbox_message **messages, size_t count, bool is_known)
{
    bool has_plain = false;
    for (size_t i = 0; i < count; i++)
        has_plain = has_plain || !(messages[i]->state & MBOX_X_UIDL);
    for (size_t i = 0; i < count && is_known; i++)
        if (messages[i]->state & MBOX_X_UIDL &&
            (!has_plain || mbox->host->ledger_first_seen_s(mbox->ledger, messages[i]->text) == 0))
            messages[i]->state &= ~MBOX_X_UIDL;
}

/* Since when a message is here is asked of the ledger; what is new is new from now on. */
static void uidl_note_first_seen(struct mbox *mbox)
{
    char uidl[RESTANTE_UIDL_MAX + 1];
    for (size_t i = 0; i < mbox->list.count; i++) {
        if (mbox->list.messages[i].state & MBOX_INTERNAL)
            continue;
        mbox_uidl_format(&mbox->list.messages[i], uidl);
        if (mbox->host->ledger_first_seen_s(mbox->ledger, uidl) == 0)
            mbox->host->ledger_put_first_seen(mbox->ledger, uidl, mbox->host->now_s());
    }
}

enum restante_status mbox_uidl_assign(struct mbox *mbox, struct restante_error *error)
{
    size_t count = mbox->list.count, known_count;
    struct mbox_message **messages = calloc(count + 1, sizeof(struct mbox_message *));
    struct uidl_known *known = known_collect(mbox, NULL, &known_count);
    if (!messages || !known) {
        free(messages);
        free(known);
        return mbox_out_of_memory(mbox, error);
    }
    for (size_t i = 0; i < count; i++)
        messages[i] = &mbox->list.messages[i];
    if (mbox->driver->x_uidl_before_s)
        uidl_drop_doubles(messages, count);
    qsort(messages, count, sizeof(*messages), message_compare);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count; end++)
            if (memcmp(messages[i]->digest, messages[end]->digest, MBOX_DIGEST_OCTETS) != 0)
                break;
        uidl_drop_late(mbox, messages + i, end - i, known_find(known, known_count, messages[i]->digest) < known_count);
        uidl_number(messages + i, end - i, known, known_count);
    }
    free(messages);
    free(known);
    if (!mbox->is_read_only)
        uidl_note_first_seen(mbox);
    return RESTANTE_OK;
}

uint32_t mbox_uidl_next_copy(const struct mbox *mbox, const uint8_t digest[MBOX_DIGEST_OCTETS])
{
    size_t known_count, at = 0;
    uint32_t last = 0;
    struct uidl_known *known = known_collect(mbox, digest, &known_count);
    for (size_t i = 0; i < mbox->list.count + mbox->appended.count; i++) {
        const struct mbox_message *message = i < mbox->list.count
                                                 ? &mbox->list.messages[i]
                                                 : &mbox->appended.messages[i - mbox->list.count];
        if (memcmp(message->digest, digest, MBOX_DIGEST_OCTETS) == 0 && message->copy > last)
            last = message->copy;
    }
    while (known && at < known_count && known[at].copy <= last)
        at++;
    uint32_t next = known && at < known_count ? known[at].copy : last + 1;
    free(known);
    return next;
}
