/*
 * mbox/mbox_read.c - the octets of one message. Runs in a worker, as the mailbox owner; takes no delivery lock, for a
 * client may take hours.
 *
 * Another program may change the file meanwhile. So the digest of what was read is made on the way, and compared at
 * the end: instead of the end of a message that is not the listed one there is an error, and the connection is closed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mbox/mbox.h"

#define READ_OCTETS ((size_t)64 * 1024)

struct mbox_reader {
    struct mbox *mbox;
    const struct mbox_message *message;
    uint64_t offset; /* the next octet to read */
    bool is_at_end;  /* everything was read and found to be right */
    struct mbox_digest digest;
    struct mbox_quote quote;
    size_t given, made; /* of `plain` */
    char raw[READ_OCTETS], plain[READ_OCTETS + MBOX_QUOTE_EXTRA];
};

static enum restante_status read_changed(struct mbox *mbox, struct restante_error *error)
{
    mbox->is_suspect = true;
    return mbox->host->fail(error, RESTANTE_TEMPORARY, 0, "the mailbox was changed by another program",
                            "mbox %s of user %s: another program has changed it since it was listed", mbox->path,
                            mbox->user);
}

static bool read_is_unchanged(const struct mbox *mbox)
{
    struct mbox_stamp now;
    return mbox_file_stamp(mbox, &now, NULL) == RESTANTE_OK && mbox_file_is_same(&now, &mbox->stamp);
}

/* The next octets of the file into the digest and, behind the "From " line, into `plain`. */
static enum restante_status read_more(struct mbox_reader *reader, struct restante_error *error)
{
    struct mbox *mbox = reader->mbox;
    const struct mbox_message *message = reader->message;
    uint64_t end = reader->offset < message->start ? message->start : message->end;
    size_t length = end - reader->offset < READ_OCTETS ? (size_t)(end - reader->offset) : READ_OCTETS;
    if (!mbox_file_read(mbox->fd, reader->raw, length, reader->offset))
        return errno == 0 ? read_changed(mbox, error)
                          : mbox->host->fail(error, RESTANTE_TEMPORARY, errno, NULL,
                                             "mbox %s of user %s: cannot be read at octet %llu", mbox->path,
                                             mbox->user, (unsigned long long)reader->offset);
    mbox_digest_add(&reader->digest, reader->raw, length);
    if (reader->offset >= message->start) {
        reader->made = mbox_quote_take(&reader->quote, reader->raw, length, reader->plain);
        reader->given = 0;
    }
    reader->offset += length;
    return RESTANTE_OK;
}

/* All octets were read: are they those that were listed? */
static enum restante_status read_finish(struct mbox_reader *reader, struct restante_error *error)
{
    uint8_t digest[MBOX_DIGEST_OCTETS];
    mbox_digest_end(&reader->digest, digest);
    if (memcmp(digest, reader->message->digest, sizeof(digest)) != 0)
        return read_changed(reader->mbox, error);
    reader->is_at_end = true;
    reader->made = mbox_quote_end(&reader->quote, reader->plain);
    reader->given = 0;
    return RESTANTE_OK;
}

/* At the start of the message. */
static bool read_rewind(struct mbox_reader *reader)
{
    reader->offset = reader->message->offset;
    reader->is_at_end = false;
    reader->quote = (struct mbox_quote){.quoting = reader->mbox->driver->quoting};
    reader->given = reader->made = 0;
    return mbox_digest_begin(&reader->digest);
}

/* WHY: a client that asks for the top of a message would not get to the comparison at its end. */
static enum restante_status read_check(struct mbox_reader *reader, struct restante_error *error)
{
    enum restante_status status = RESTANTE_OK;
    while (status == RESTANTE_OK && reader->offset < reader->message->end)
        status = read_more(reader, error);
    if (status == RESTANTE_OK)
        status = read_finish(reader, error);
    if (status == RESTANTE_OK && !read_rewind(reader))
        status = mbox_out_of_memory(reader->mbox, error);
    return status;
}

enum restante_status mbox_read_open(void *maildrop, size_t index, void **reader, struct restante_error *error)
{
    struct mbox *mbox = maildrop;
    if (index >= mbox_count(mbox))
        return mbox->host->fail(error, RESTANTE_INVALID, 0, NULL, "mbox %s has no message %zu", mbox->path, index);
    struct mbox_reader *made = malloc(sizeof(*made));
    if (!made)
        return mbox_out_of_memory(mbox, error);
    made->mbox = mbox;
    made->message = &mbox->list.messages[index + mbox->hidden];
    made->digest.body = NULL;
    enum restante_status status = read_rewind(made) ? RESTANTE_OK : mbox_out_of_memory(mbox, error);
    if (status == RESTANTE_OK && !read_is_unchanged(mbox))
        status = read_check(made, error);
    void *opened = made;
    if (status != RESTANTE_OK)
        mbox_read_close(&opened);
    else
        *reader = opened;
    return status;
}

enum restante_status mbox_read(void *reader, void *buffer, size_t capacity, size_t *length,
                               struct restante_error *error)
{
    struct mbox_reader *open = reader;
    while (open->given == open->made && !open->is_at_end) {
        enum restante_status status =
            open->offset < open->message->end ? read_more(open, error) : read_finish(open, error);
        if (status != RESTANTE_OK)
            return status;
    }
    *length = open->made - open->given < capacity ? open->made - open->given : capacity;
    memcpy(buffer, open->plain + open->given, *length);
    open->given += *length;
    return RESTANTE_OK;
}

void mbox_read_close(void **reader)
{
    struct mbox_reader *open = *reader;
    if (!open)
        return;
    mbox_digest_free(&open->digest);
    free(open);
    *reader = NULL;
}
