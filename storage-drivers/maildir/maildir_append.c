/*
 * maildir/maildir_append.c - delivery: written and synced in tmp/, then renamed into new/ under a name that tells its
 * size on disk and on the wire. Runs in a worker, as the mailbox owner. What fails leaves nothing behind.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/beneath.h"

#define HOST_MAX 16 /* so that the base name stays a legal UIDL */

struct maildir_delivery {
    int tmp, fd;
    char name[RESTANTE_UIDL_MAX + 1]; /* in tmp/ */
    uint64_t stored;
    struct restante_octet_count count;
};

/* The first label of this machine's name, without the bytes that mean something in a Maildir name. */
static void maildir_append_host(char to[HOST_MAX + 1])
{
    char host[256] = "";
    size_t length = 0;
    (void)gethostname(host, sizeof(host) - 1);
    for (const char *at = host; *at && *at != '.' && length < HOST_MAX; at++)
        if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || *at == '-')
            to[length++] = *at;
    to[length] = '\0';
    if (length == 0)
        memcpy(to, "localhost", sizeof("localhost"));
}

static enum restante_status maildir_append_fail(const struct maildir *maildir, struct restante_error *error,
                                                const char *what)
{
    return maildir->host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "cannot deliver into %s of user %s: %s",
                               maildir->path, maildir->user, what);
}

static enum restante_status maildir_append_prepare(struct maildir *maildir, struct maildir_delivery *delivery,
                                                   int64_t delivered_s, struct restante_error *error)
{
    char host[HOST_MAX + 1];
    struct timespec now;
    enum restante_status status = maildir_folder_make_root(maildir, error);
    if (status == RESTANTE_OK)
        status = maildir_folder_make(maildir, MAILDIR_NEW, error);
    if (status == RESTANTE_OK)
        status = maildir_folder_make(maildir, MAILDIR_CUR, error);
    if (status != RESTANTE_OK)
        return status;
    if (mkdirat(maildir->root, "tmp", 0700) != 0 && errno != EEXIST)
        return maildir_append_fail(maildir, error, "tmp/");
    delivery->tmp = beneath_open_folder(maildir->root, "tmp");
    if (delivery->tmp < 0)
        return maildir_append_fail(maildir, error, "tmp/");
    maildir_append_host(host);
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(delivery->name, sizeof(delivery->name), "%" PRId64 ".M%06ldP%ldQ%u.%s",
             delivered_s > 0 ? delivered_s : (int64_t)now.tv_sec, now.tv_nsec / 1000, (long)getpid(),
             ++maildir->appended_count, host);
    delivery->fd = beneath_open(delivery->tmp, delivery->name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    return delivery->fd >= 0 ? RESTANTE_OK : maildir_append_fail(maildir, error, delivery->name);
}

static enum restante_status maildir_append_copy(struct maildir *maildir, struct maildir_delivery *delivery,
                                                restante_source source, void *context, struct restante_error *error)
{
    if (!maildir_make_buffer(maildir))
        return maildir_out_of_memory(maildir, error);
    for (;;) {
        size_t length = 0;
        enum restante_status status = source(context, maildir->buffer, MAILDIR_BUFFER_OCTETS, &length, error);
        if (status != RESTANTE_OK)
            return status;
        if (length == 0)
            break;
        maildir->host->count_octets(&delivery->count, maildir->buffer, length);
        delivery->stored += length;
        if (!beneath_write_all(delivery->fd, maildir->buffer, length))
            return maildir_append_fail(maildir, error, delivery->name);
    }
    maildir->host->count_end(&delivery->count);
    return RESTANTE_OK;
}

/* Durable in tmp/, then under its name in new/. */
static enum restante_status maildir_append_publish(struct maildir *maildir, struct maildir_delivery *delivery,
                                                   int64_t delivered_s, char *name, size_t capacity,
                                                   struct restante_error *error)
{
    struct timespec times[2] = {{.tv_sec = delivered_s}, {.tv_sec = delivered_s}};
    snprintf(name, capacity, "%s,S=%" PRIu64 ",W=%" PRIu64, delivery->name, delivery->stored, delivery->count.octets);
    if (delivered_s > 0 && futimens(delivery->fd, times) != 0)
        return maildir_append_fail(maildir, error, "its time");
    if (fsync(delivery->fd) != 0)
        return maildir_append_fail(maildir, error, delivery->name);
    if (!beneath_rename(delivery->tmp, delivery->name, maildir->folders[MAILDIR_NEW], name))
        return maildir_append_fail(maildir, error, name);
    delivery->name[0] = '\0';
    if (!beneath_sync_folder(maildir->folders[MAILDIR_NEW]))
        return maildir_append_fail(maildir, error, "new/");
    return RESTANTE_OK;
}

enum restante_status maildir_append(void *maildrop, restante_source source, void *context, int64_t delivered_s,
                                    char uidl[RESTANTE_UIDL_MAX + 1], struct restante_error *error)
{
    struct maildir *maildir = maildrop;
    struct maildir_delivery delivery = {.tmp = -1, .fd = -1};
    char name[MAILDIR_NAME_MAX + 1];
    if (maildir->is_read_only)
        return maildir->host->fail(error, RESTANTE_INVALID, 0, NULL, "maildir %s is open for reading only",
                                   maildir->path);
    enum restante_status status = maildir_append_prepare(maildir, &delivery, delivered_s, error);
    if (status == RESTANTE_OK)
        status = maildir_append_copy(maildir, &delivery, source, context, error);
    if (status == RESTANTE_OK)
        status = maildir_append_publish(maildir, &delivery, delivered_s, name, sizeof(name), error);
    if (delivery.fd >= 0 && delivery.name[0])
        (void)beneath_unlink(delivery.tmp, delivery.name);
    beneath_close(&delivery.fd);
    beneath_close(&delivery.tmp);
    if (status != RESTANTE_OK)
        return status;
    maildir_quota_add(maildir, (int64_t)delivery.stored, 1);
    if (maildir_name_is_legal_uidl(name, strlen(name)))
        snprintf(uidl, RESTANTE_UIDL_MAX + 1, "%.*s", RESTANTE_UIDL_MAX, name);
    else
        maildir_name_format_digest(maildir->host, name, strlen(name), uidl);
    return RESTANTE_OK;
}
