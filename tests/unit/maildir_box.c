/*
 * tests/unit/maildir_box.c - see maildir_box.h.
 */
#include "maildir_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMOVALS_MAX 64

int box_make(void **state)
{
    struct box *box = calloc(1, sizeof(*box));
    box->open_before = kit_files_count_open();
    box->folder = kit_files_make_folder();
    box->driver = (struct maildir_driver){.host = &kit_host, .marks_seen = true};
    char path[600];
    snprintf(path, sizeof(path), "%s/state", box->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    box->state_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof(path), "%s/Maildir", box->folder);
    box->path = strdup(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(mkdir(box_file(box, "new"), 0700), 0);
    assert_int_equal(mkdir(box_file(box, "cur"), 0700), 0);
    kit_host_ahead_s = kit_host_tick_ms = 0;
    kit_host_forget_log();
    *state = box;
    return 0;
}

int box_drop(void **state)
{
    struct box *box = *state;
    if (box->maildrop)
        box_close(box);
    close(box->state_fd);
    kit_files_remove_tree(box->folder);
    unsigned open_before = box->open_before;
    free(box->folder);
    free(box->path);
    free(box);
    return kit_files_count_open() == open_before ? 0 : -1;
}

const char *box_file(const struct box *box, const char *name)
{
    static char paths[4][1024];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", box->path, name);
    return path;
}

void box_put(const struct box *box, const char *name, const char *content)
{
    kit_files_write(box_file(box, name), content, strlen(content));
}

bool box_has(const struct box *box, const char *name)
{
    struct stat facts;
    return lstat(box_file(box, name), &facts) == 0;
}

void box_rename(const struct box *box, const char *from, const char *to)
{
    assert_int_equal(rename(box_file(box, from), box_file(box, to)), 0);
}

void box_link(const struct box *box, const char *from, const char *to)
{
    assert_int_equal(link(box_file(box, from), box_file(box, to)), 0);
}

enum restante_status box_try_open(struct box *box, struct restante_error *error)
{
    struct restante_maildrop_request request = {
        .path = box->path, .user = "kim", .state_fd = box->state_fd, .is_read_only = box->is_read_only};
    enum restante_status status;
    box->maildrop = NULL;
    do
        status = maildir_open(&box->driver, &request, &box->maildrop, error);
    while (status == RESTANTE_AGAIN);
    return status;
}

struct maildir *box_open(struct box *box)
{
    struct restante_error error = {0};
    if (box_try_open(box, &error) != RESTANTE_OK)
        fail_msg("open: %s", error.log);
    return box->maildrop;
}

void box_close(struct box *box)
{
    maildir_close(&box->maildrop);
    assert_null(box->maildrop);
}

size_t box_count(const struct box *box)
{
    return maildir_count(box->maildrop);
}

const char *box_uidl(const struct box *box, size_t index)
{
    static struct restante_message messages[4];
    static unsigned turn;
    struct restante_message *message = &messages[turn++ % 4];
    assert_int_equal(maildir_stat(box->maildrop, index, message, NULL), RESTANTE_OK);
    return message->uidl;
}

uint64_t box_octets(const struct box *box, size_t index)
{
    struct restante_message message;
    assert_int_equal(maildir_stat(box->maildrop, index, &message, NULL), RESTANTE_OK);
    return message.octets;
}

const char *box_read(const struct box *box, size_t index)
{
    static char content[4096];
    size_t done = 0, got;
    void *reader = NULL;
    if (maildir_read_open(box->maildrop, index, &reader, NULL) != RESTANTE_OK)
        return NULL;
    do {
        assert_int_equal(maildir_read(reader, content + done, sizeof(content) - 1 - done, &got, NULL), RESTANTE_OK);
        done += got;
    } while (got > 0);
    content[done] = '\0';
    maildir_read_close(&reader);
    return content;
}

enum restante_status box_commit(struct box *box, const char *fates, uint8_t *removals)
{
    uint8_t wanted[REMOVALS_MAX] = {0}, done[REMOVALS_MAX] = {0};
    enum restante_status status;
    assert_int_equal(strlen(fates), box_count(box));
    for (size_t i = 0; fates[i]; i++)
        wanted[i] = fates[i] == 'd' ? RESTANTE_DELETE : fates[i] == 'r' ? RESTANTE_KEEP_RETRIEVED : RESTANTE_KEEP;
    do
        status = maildir_commit(box->maildrop, wanted, done, NULL);
    while (status == RESTANTE_AGAIN);
    if (removals)
        memcpy(removals, done, sizeof(done));
    return status;
}
