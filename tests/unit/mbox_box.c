/*
 * tests/unit/mbox_box.c - see mbox_box.h.
 */
#include "mbox_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int mbox_box_make(void **state)
{
    struct mbox_box *box = calloc(1, sizeof(*box));
    assert_non_null(box);
    box->open_before = kit_files_count_open();
    box->folder = kit_files_make_folder();
    assert_true(asprintf(&box->path, "%s/box", box->folder) > 0);
    assert_true(asprintf(&box->state, "%s/state", box->folder) > 0);
    assert_int_equal(mkdir(box->state, 0700), 0);
    box->state_fd = open(box->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    box->driver = (struct mbox_driver){.host = &kit_host, .locks = {MBOX_LOCK_FCNTL}, .locks_count = 1,
                                       .lock_timeout_ms = 1000, .window_octets = 64};
    kit_host_forget_log();
    kit_host_tick_ms = 0;
    kit_host_ahead_s = 0;
    *state = box;
    return 0;
}

int mbox_box_drop(void **state)
{
    struct mbox_box *box = *state;
    mbox_box_close(box);
    close(box->state_fd);
    kit_files_remove_tree(box->folder);
    free(box->folder);
    free(box->path);
    free(box->state);
    assert_int_equal(kit_files_count_open(), box->open_before);
    free(box);
    return 0;
}

void mbox_box_put(const struct mbox_box *box, const char *octets, size_t length)
{
    kit_files_write(box->path, octets, length);
}

void mbox_box_put_text(const struct mbox_box *box, const char *text)
{
    mbox_box_put(box, text, strlen(text));
}

void mbox_box_deliver(const struct mbox_box *box, const char *octets, size_t length, bool is_careful)
{
    char end[4] = "";
    const char *lacking = "";
    int fd = open(box->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    off_t size = lseek(fd, 0, SEEK_END);
    size_t seen = size < 4 ? (size_t)size : 4;
    assert_int_equal(pread(fd, end + 4 - seen, seen, size - (off_t)seen), seen);
    bool is_blank = seen >= 2 && end[3] == '\n' && (end[2] == '\n' || (end[2] == '\r' && seen >= 3 && end[1] == '\n'));
    if (seen > 0 && !is_blank)
        lacking = end[3] == '\n' ? "\n" : "\n\n";
    if (is_careful)
        assert_int_equal(pwrite(fd, lacking, strlen(lacking), size), strlen(lacking));
    size = lseek(fd, 0, SEEK_END);
    assert_int_equal(pwrite(fd, octets, length, size), length);
    close(fd);
}

bool mbox_box_has(const struct mbox_box *box, const char *name)
{
    char path[512];
    struct stat facts;
    snprintf(path, sizeof(path), "%s/%s", box->folder, name);
    return lstat(path, &facts) == 0;
}

enum restante_status mbox_box_try_open(struct mbox_box *box)
{
    const struct restante_maildrop_request request = {.path = box->path, .user = "kim", .state_fd = box->state_fd,
                                                      .ledger = box->ledger, .is_read_only = box->is_read_only};
    enum restante_status status;
    while ((status = mbox_open(&box->driver, &request, &box->maildrop, &box->error)) == RESTANTE_AGAIN)
        ;
    return status;
}

struct mbox *mbox_box_open(struct mbox_box *box)
{
    mbox_box_close(box);
    enum restante_status status = mbox_box_try_open(box);
    if (status != RESTANTE_OK)
        fail_msg("not opened: %s", box->error.log);
    return box->maildrop;
}

void mbox_box_close(struct mbox_box *box)
{
    mbox_close(&box->maildrop);
}

const char *mbox_box_uidl(const struct mbox_box *box, size_t index)
{
    static struct restante_message facts[4];
    static unsigned next;
    struct restante_message *one = &facts[next++ % 4];
    assert_int_equal(mbox_stat(box->maildrop, index, one, NULL), RESTANTE_OK);
    return one->uidl;
}

const char *mbox_box_read(struct mbox_box *box, size_t index)
{
    static char content[65536];
    void *reader = NULL;
    size_t used = 0, length = 1;
    enum restante_status status = mbox_read_open(box->maildrop, index, &reader, &box->error);
    while (status == RESTANTE_OK && length > 0) {
        status = mbox_read(reader, content + used, sizeof(content) - 1 - used, &length, &box->error);
        used += status == RESTANTE_OK ? length : 0;
    }
    mbox_read_close(&reader);
    content[used] = '\0';
    return status == RESTANTE_OK ? content : NULL;
}

enum restante_status mbox_box_commit(struct mbox_box *box, const char *fates)
{
    uint8_t given[PLAIN_MAX] = {0}, removals[PLAIN_MAX] = {0};
    size_t count = mbox_count(box->maildrop);
    enum restante_status status;
    assert_int_equal(strlen(fates), count);
    for (size_t i = 0; i < count; i++)
        given[i] = fates[i] == 'd' ? RESTANTE_DELETE : fates[i] == 'r' ? RESTANTE_KEEP_RETRIEVED : RESTANTE_KEEP;
    while ((status = mbox_commit(box->maildrop, given, removals, &box->error)) == RESTANTE_AGAIN)
        ;
    for (size_t i = 0; i < count && status == RESTANTE_OK; i++)
        assert_int_equal(removals[i], fates[i] == 'd' ? RESTANTE_REMOVED : RESTANTE_NOT_REMOVED);
    return status;
}

/* --- the reader, line by line ----------------------------------------------------------------------------------- */

static size_t line_length(const char *octets, size_t length)
{
    const char *end = memchr(octets, '\n', length);
    return end ? (size_t)(end - octets) + 1 : length;
}

static bool is_blank_line(const char *octets, size_t length)
{
    return (length == 1 && octets[0] == '\n') || (length == 2 && octets[0] == '\r' && octets[1] == '\n');
}

void plain_parse(struct plain_mbox *plain)
{
    size_t blank = 0; /* the length of the line before, when it is blank */
    plain->count = 0;
    for (size_t at = 0, length; at < plain->length; at += length) {
        const char *line = plain->octets + at;
        length = line_length(line, plain->length - at);
        if ((at == 0 || blank > 0) && plain->length - at >= 5 && memcmp(line, "From ", 5) == 0) {
            assert_true(plain->count < PLAIN_MAX);
            if (plain->count > 0)
                plain->messages[plain->count - 1].length -= blank;
            plain->messages[plain->count++].offset = at;
        }
        if (plain->count == 0)
            continue; /* no mail */
        struct plain_message *message = &plain->messages[plain->count - 1];
        message->length = at + length - message->offset;
        blank = is_blank_line(line, length) ? length : 0;
    }
    if (plain->count > 0)
        plain->messages[plain->count - 1].length -= blank;
}

void plain_read(const char *path, struct plain_mbox *plain)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &facts), 0);
    *plain = (struct plain_mbox){.octets = malloc((size_t)facts.st_size + 1), .length = (size_t)facts.st_size};
    assert_non_null(plain->octets);
    assert_int_equal(read(fd, plain->octets, plain->length), plain->length);
    close(fd);
    plain_parse(plain);
}

void plain_free(struct plain_mbox *plain)
{
    free(plain->octets);
    plain->octets = NULL;
}
