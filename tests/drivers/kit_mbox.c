/*
 * tests/drivers/kit_mbox.c - the mbox driver's part of the storage kit.
 */
#include "../unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_files.h"
#include "kit_host.h"
#include "mbox/mbox.h"
#include "storage_kit.h"

/* As a mail program does that writes the file anew: all but one message. */
static void kit_mbox_remove(const char *maildrop, const char *uidl)
{
    const struct mbox_driver driver = {.host = &kit_host, .window_octets = 64};
    const struct restante_maildrop_request request = {.path = maildrop, .user = "other", .state_fd = -1,
                                                      .is_read_only = true};
    struct restante_message facts;
    struct restante_error error;
    void *opened = NULL;
    enum restante_status status;
    while ((status = mbox_open((void *)(uintptr_t)&driver, &request, &opened, &error)) == RESTANTE_AGAIN)
        ;
    assert_int_equal(status, RESTANTE_OK);
    const struct mbox *mbox = opened;
    size_t index = 0;
    while (mbox_stat(mbox, index, &facts, &error) == RESTANTE_OK && strcmp(facts.uidl, uidl) != 0)
        index++;
    assert_true(index < mbox_count(mbox));
    uint64_t from = mbox->list.messages[index].offset, to = mbox_list_next_offset(mbox, index);
    size_t size = (size_t)mbox->stamp.size;
    char *content = malloc(size);
    assert_non_null(content);
    assert_true(mbox_file_read(mbox->fd, content, size, 0));
    mbox_close(&opened);
    memmove(content + from, content + to, size - (size_t)to);
    kit_files_write(maildrop, content, size - (size_t)(to - from));
    free(content);
}

static void kit_mbox_make_large(const char *maildrop, uint64_t octets)
{
    static const char head[] = "From somebody Thu Jan  1 00:00:00 1970\nA: b\n\n";
    kit_files_write(maildrop, head, sizeof(head) - 1);
    assert_int_equal(truncate(maildrop, (off_t)(sizeof(head) - 1 + octets)), 0);
}

static const char *const locks[] = {"fcntl", "flock", "dotlock", NULL};
static const struct restante_value values[] = {
    {.is_set = true, .list = locks}, {.is_set = true, .integer = 1000}, {.is_set = true, .text = "mboxrd"}, {0}};

const struct kit_adapter kit_adapter = {
    .module = "modules/storage/mbox.so",
    .values = values,
    .is_one_file = true,
    .remove = kit_mbox_remove,
    .make_large = kit_mbox_make_large,
};
