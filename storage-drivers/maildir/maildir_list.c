/*
 * maildir/maildir_list.c - messages in one array, their names in one block of text: 100,000 messages are two
 * allocations. No input or output; fails only when memory runs out.
 */
#include "maildir/maildir.h"

#include <stdlib.h>
#include <string.h>

const char *maildir_list_name(const struct maildir_list *list, const struct maildir_message *message)
{
    return list->text + message->name_at;
}

/* A list that lies in one block, as a loaded cache does, moves out of it before it grows. */
static bool maildir_list_leave_block(struct maildir_list *list)
{
    struct maildir_message *messages = malloc((list->count + 1) * sizeof(*messages));
    char *text = malloc(list->text_length + 1);
    if (!messages || !text) {
        free(messages);
        free(text);
        return false;
    }
    memcpy(messages, list->messages, list->count * sizeof(*messages));
    memcpy(text, list->text, list->text_length);
    free(list->block);
    list->block = NULL;
    list->messages = messages;
    list->capacity = list->count + 1;
    list->text = text;
    list->text_capacity = list->text_length + 1;
    return true;
}

bool maildir_list_add_text(struct maildir_list *list, const char *text, size_t length, uint32_t *offset)
{
    if (list->block && !maildir_list_leave_block(list))
        return false;
    size_t start = list->text_length ? list->text_length : 1; /* offset 0 means "none" */
    size_t end = start + length + 1;
    if (end > UINT32_MAX)
        return false;
    if (end > list->text_capacity) {
        size_t capacity = end * 2 + 4096;
        char *grown = realloc(list->text, capacity);
        if (!grown)
            return false;
        grown[0] = '\0';
        list->text = grown;
        list->text_capacity = capacity;
    }
    memcpy(list->text + start, text, length);
    list->text[start + length] = '\0';
    list->text_length = end;
    *offset = (uint32_t)start;
    return true;
}

bool maildir_list_add(struct maildir_list *list, const char *name, enum maildir_folder folder, uint64_t inode)
{
    size_t length = strlen(name);
    struct maildir_message message = {
        .inode = inode,
        .number = maildir_name_number(name),
        .name_length = (uint16_t)length,
        .base_length = (uint16_t)maildir_name_base_length(name),
        .folder = (uint8_t)folder,
    };
    if (length > MAILDIR_NAME_MAX || !maildir_list_add_text(list, name, length, &message.name_at))
        return false;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 64;
        struct maildir_message *grown = realloc(list->messages, capacity * sizeof(*grown));
        if (!grown)
            return false;
        list->messages = grown;
        list->capacity = capacity;
    }
    list->messages[list->count++] = message;
    return true;
}

static int maildir_list_compare_keys(uint64_t number, const char *base, size_t length, uint64_t other_number,
                                     const char *other, size_t other_length)
{
    if (number != other_number)
        return number < other_number ? -1 : 1;
    int order = memcmp(base, other, length < other_length ? length : other_length);
    if (order != 0)
        return order;
    return (length > other_length) - (length < other_length);
}

/* What decides a message's place: its base name, or the one that a twin is going to get. */
static const char *maildir_list_key(const struct maildir_list *list, const struct maildir_message *message,
                                    size_t *length)
{
    if (message->state & MAILDIR_TWIN && message->uidl_at) {
        const char *uidl = list->text + message->uidl_at;
        *length = strlen(uidl);
        return uidl;
    }
    *length = message->base_length;
    return maildir_list_name(list, message);
}

int maildir_list_compare(const struct maildir_list *list, const struct maildir_message *left,
                         const struct maildir_message *right)
{
    size_t left_length, right_length;
    const char *left_key = maildir_list_key(list, left, &left_length);
    const char *right_key = maildir_list_key(list, right, &right_length);
    int order = maildir_list_compare_keys(left->number, left_key, left_length, right->number, right_key, right_length);
    if (order != 0)
        return order;
    if (left->folder != right->folder)
        return left->folder < right->folder ? -1 : 1;
    return strcmp(maildir_list_name(list, left), maildir_list_name(list, right));
}

struct maildir_message *maildir_list_find(const struct maildir_list *list, uint64_t number, const char *base,
                                          size_t base_length)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct maildir_message *message = &list->messages[middle];
        if (maildir_list_compare_keys(message->number, maildir_list_name(list, message), message->base_length, number,
                                      base, base_length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == list->count)
        return NULL;
    struct maildir_message *found = &list->messages[low];
    bool is_it = found->number == number && found->base_length == base_length &&
                 memcmp(maildir_list_name(list, found), base, base_length) == 0;
    return is_it ? found : NULL;
}

size_t maildir_list_run(const struct maildir_list *list, size_t first)
{
    const struct maildir_message *message = &list->messages[first];
    const char *base = maildir_list_name(list, message);
    size_t length = 1;
    while (first + length < list->count) {
        const struct maildir_message *next = message + length;
        if (next->base_length != message->base_length ||
            memcmp(maildir_list_name(list, next), base, message->base_length) != 0)
            break;
        length++;
    }
    return length;
}

void maildir_list_free(struct maildir_list *list)
{
    if (list->block) {
        free(list->block);
    } else {
        free(list->messages);
        free(list->text);
    }
    *list = (struct maildir_list){0};
}
