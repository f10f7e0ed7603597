/*
 * mbox/mbox_journal_file.c - see mbox_journal_file.h. Runs in a worker, as the mailbox owner, below the state
 * directory.
 */
#include "mbox/mbox_journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/beneath.h"

#define JOURNAL_NEW "journal-mbox.new"
#define JOURNAL_MAGIC UINT64_C(0x314c4e4a42534552) /* also tells the byte order */
#define JOURNAL_VERSION 1
#define JOURNAL_BLOCK 4096
#define JOURNAL_RANGES_MAX (UINT64_C(1) << 26)
#define JOURNAL_WINDOW_MAX (UINT64_C(1) << 24)

size_t journal_file_window_size(uint64_t octets)
{
    return sizeof(struct journal_window) + 2 * (size_t)octets;
}

char *journal_file_octets(struct journal_window *window)
{
    return (char *)(window + 1);
}

char *journal_file_replaced(struct journal_window *window)
{
    return journal_file_octets(window) + window->length;
}

/* Where the places begin; each starts with a block of its own. */
static uint64_t journal_place(const struct journal_header *header, uint64_t place)
{
    uint64_t plan = sizeof(*header) + header->count * sizeof(struct mbox_range);
    uint64_t room = journal_file_window_size(header->window_octets);
    uint64_t blocks = (room + JOURNAL_BLOCK - 1) / JOURNAL_BLOCK;
    return (plan + JOURNAL_BLOCK - 1) / JOURNAL_BLOCK * JOURNAL_BLOCK + place * blocks * JOURNAL_BLOCK;
}

static uint64_t journal_plan_checksum(const struct mbox *mbox, const struct journal_header *header,
                                      const struct mbox_range *ranges)
{
    uint64_t parts[2] = {
        mbox->host->checksum((const char *)header + sizeof(uint64_t), sizeof(*header) - sizeof(uint64_t)),
        mbox->host->checksum(ranges, (size_t)header->count * sizeof(*ranges)),
    };
    return mbox->host->checksum(parts, sizeof(parts));
}

static uint64_t journal_window_checksum(const struct mbox *mbox, const struct journal_window *window)
{
    return mbox->host->checksum((const char *)window + sizeof(uint64_t),
                                journal_file_window_size(window->length) - sizeof(uint64_t));
}

static enum restante_status journal_file_fail(const struct mbox *mbox, struct restante_error *error)
{
    return mbox->host->fail(error, RESTANTE_TEMPORARY, errno, "the mailbox cannot be changed now",
                            "mbox %s of user %s: the journal cannot be written in the state directory", mbox->path,
                            mbox->user);
}

/* Room for everything that will be written, so that there is none lacking later. */
static bool journal_file_reserve(int fd, uint64_t length)
{
    if (fallocate(fd, 0, 0, (off_t)length) == 0)
        return true;
    return errno == EOPNOTSUPP || errno == ENOSYS;
}

enum restante_status journal_file_make(struct mbox *mbox, struct mbox_journal *journal, struct restante_error *error)
{
    struct journal_header *header = &journal->header;
    size_t plan = (size_t)header->count * sizeof(*journal->ranges);
    header->magic = JOURNAL_MAGIC;
    header->version = JOURNAL_VERSION;
    header->checksum = journal_plan_checksum(mbox, header, journal->ranges);
    journal->fd = beneath_open(mbox->state_fd, JOURNAL_NEW, O_RDWR | O_CREAT | O_TRUNC, 0600);
    bool is_made = journal->fd >= 0 && journal_file_reserve(journal->fd, journal_place(header, 2)) &&
                   mbox_file_write(journal->fd, header, sizeof(*header), 0) &&
                   mbox_file_write(journal->fd, journal->ranges, plan, sizeof(*header));
    enum restante_status status =
        is_made ? journal_file_put_window(mbox, journal, error) : journal_file_fail(mbox, error);
    if (status == RESTANTE_OK && renameat(mbox->state_fd, JOURNAL_NEW, mbox->state_fd, JOURNAL_NAME) != 0)
        status = journal_file_fail(mbox, error);
    if (status != RESTANTE_OK) {
        (void)beneath_unlink(mbox->state_fd, JOURNAL_NEW);
        return status;
    }
    return beneath_sync_folder(mbox->state_fd) ? RESTANTE_OK : journal_file_fail(mbox, error);
}

enum restante_status journal_file_put_window(struct mbox *mbox, struct mbox_journal *journal,
                                             struct restante_error *error)
{
    struct journal_window *window = journal->window;
    window->id = journal->header.id;
    window->checksum = journal_window_checksum(mbox, window);
    if (!mbox_file_write(journal->fd, window, journal_file_window_size(window->length),
                         journal_place(&journal->header, window->sequence & 1)) ||
        fdatasync(journal->fd) != 0)
        return journal_file_fail(mbox, error);
    return RESTANTE_OK;
}

/* TRUST: the owner can write the state directory, so the plan is checked as if it were anybody's. */
static bool journal_is_plan_sound(const struct mbox_journal *journal)
{
    const struct journal_header *header = &journal->header;
    uint64_t end = header->first, total = 0;
    for (uint64_t i = 0; i < header->count; i++) {
        const struct mbox_range *range = &journal->ranges[i];
        if (range->length == 0 || range->offset < end || range->length > header->old_size ||
            range->offset > header->old_size - range->length)
            return false;
        end = range->offset + range->length;
        total += range->length;
    }
    return header->first <= header->new_size && header->new_size < header->old_size &&
           header->old_size - header->new_size > JOURNAL_KEPT_OCTETS && header->new_size - header->first == total;
}

const char *journal_file_read(const struct mbox *mbox, struct mbox_journal *journal)
{
    struct journal_header *header = &journal->header;
    if (!mbox_file_read(journal->fd, header, sizeof(*header), 0))
        return "it is too short";
    if (header->magic != JOURNAL_MAGIC || header->version != JOURNAL_VERSION || header->count == 0 ||
        header->count > JOURNAL_RANGES_MAX || header->window_octets == 0 || header->window_octets > JOURNAL_WINDOW_MAX)
        return "it was written by another version, or is damaged";
    journal->ranges = calloc((size_t)header->count, sizeof(*journal->ranges));
    journal->window = malloc(journal_file_window_size(header->window_octets));
    if (!journal->ranges || !journal->window)
        return "there is no memory for it";
    if (!mbox_file_read(journal->fd, journal->ranges, (size_t)header->count * sizeof(*journal->ranges),
                        sizeof(*header)) ||
        header->checksum != journal_plan_checksum(mbox, header, journal->ranges) || !journal_is_plan_sound(journal))
        return "it is damaged";
    return NULL;
}

bool journal_file_read_window(const struct mbox *mbox, const struct mbox_journal *journal, unsigned place,
                              struct journal_window *window)
{
    const struct journal_header *header = &journal->header;
    uint64_t at = journal_place(header, place);
    if (!mbox_file_read(journal->fd, window, sizeof(*window), at) || window->id != header->id ||
        (window->sequence & 1) != place || window->length > header->window_octets || window->offset < header->first ||
        window->offset > header->new_size || window->length > header->new_size - window->offset ||
        !mbox_file_read(journal->fd, journal_file_octets(window), 2 * (size_t)window->length, at + sizeof(*window)))
        return false;
    return window->checksum == journal_window_checksum(mbox, window);
}

bool journal_file_remove(const struct mbox *mbox)
{
    return beneath_unlink(mbox->state_fd, JOURNAL_NAME) && beneath_sync_folder(mbox->state_fd);
}

void journal_file_put_aside(const struct mbox *mbox, const char *why)
{
    char name[64];
    snprintf(name, sizeof(name), JOURNAL_NAME ".aside-%lld", (long long)mbox->host->now_s());
    if (renameat(mbox->state_fd, JOURNAL_NAME, mbox->state_fd, name) != 0)
        snprintf(name, sizeof(name), "its place");
    mbox->host->log(RESTANTE_ERROR,
                    "mbox %s of user %s: the journal of an interrupted removal cannot be followed: %s. It is kept as %s "
                    "in the state directory; look whether the mailbox is as it should be",
                    mbox->path, mbox->user, why, name);
}
