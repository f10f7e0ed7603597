/*
 * mbox/mbox_list.c - the messages of a mailbox, in the order of the file. Runs in a worker, as the mailbox owner.
 */
#include <stdlib.h>

#include "mbox/mbox.h"

bool mbox_list_add(struct mbox_list *list, const struct mbox_message *message)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct mbox_message *grown =
            capacity > SIZE_MAX / sizeof(*grown) ? NULL : realloc(list->messages, capacity * sizeof(*grown));
        if (!grown)
            return false;
        list->messages = grown;
        list->capacity = capacity;
    }
    list->messages[list->count++] = *message;
    return true;
}

void mbox_list_free(struct mbox_list *list)
{
    free(list->messages);
    *list = (struct mbox_list){0};
}

uint64_t mbox_list_next_offset(const struct mbox *mbox, size_t index)
{
    return index + 1 < mbox->list.count ? mbox->list.messages[index + 1].offset : mbox->stamp.size;
}
