/*
 * session/task_forget.c - `restante forget`: what is known of a maildrop is removed, as if it had never been opened.
 *
 * An interrupted removal is finished first, by opening the maildrop through its driver: the files in the state
 * directory may be the only place where the rest of a mailbox is. So whatever is still called "journal…" behind that,
 * such as one that a driver has put aside for people to look at, is left alone.
 *
 * What is set aside or hidden would be shown again, and then be removed by whoever collects it: not without --force.
 *
 * The session lock is held until the end; its file stays, for another session may already wait for it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session/task_held.h"
#include "session/task_session.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"

struct forget {
    struct task_session session;
    bool is_recovered;
    struct held_list held;
    int lock_fd;
};

static bool forget_is_kept(const char *name)
{
    return strncmp(name, "journal", strlen("journal")) == 0;
}

static bool forget_is_for_removal(const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, "lock") != 0 && !forget_is_kept(name);
}

static DIR *forget_list(const struct task *task, struct restante_error *error)
{
    int fd = openat(task->state_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (listing)
        return listing;
    error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot list the state directory of %s", task->user);
    fd_close(&fd);
    return NULL;
}

/* How many of somebody's interrupted removals are there? */
static enum restante_status forget_count_kept(const struct task *task, size_t *kept, struct restante_error *error)
{
    DIR *listing = forget_list(task, error);
    *kept = 0;
    if (!listing)
        return error->status;
    for (struct dirent *entry; (entry = readdir(listing));)
        *kept += forget_is_kept(entry->d_name);
    closedir(listing);
    return RESTANTE_OK;
}

/* The mail is gone, or cannot be opened: --force forgets it all the same, where nothing waits to be finished. */
static enum restante_status forget_without_mail(const struct task *task, enum restante_status status,
                                                struct restante_error *error)
{
    struct restante_error ignored = {0};
    size_t kept;
    if (status == RESTANTE_IN_USE)
        return status;
    if (!task->order.is_forced || forget_count_kept(task, &kept, &ignored) != RESTANTE_OK || kept > 0)
        return status;
    *error = (struct restante_error){0};
    return RESTANTE_OK;
}

/* Finish what was interrupted: open and close, under the lock. */
static enum restante_status forget_recover(struct task *task, struct forget *forget, struct restante_error *error)
{
    enum restante_status status = task_session_list(&forget->session, task, error);
    if (status == RESTANTE_OK)
        status = held_find(&forget->held, task);
    if (status == RESTANTE_AGAIN || status == RESTANTE_WAIT)
        return status;
    if (status == RESTANTE_OK && forget->held.count > 0 && !task->order.is_forced)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "%zu messages are set aside or hidden and would be shown again: restante held list %s tells "
                         "which; --force forgets the maildrop all the same",
                         forget->held.count, task->user);
    if (status != RESTANTE_OK && forget_without_mail(task, status, error) != RESTANTE_OK)
        return status;
    forget->lock_fd = maildrop_share_lock(task->maildrop);
    if (forget->lock_fd < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot keep the session lock of %s", task->user);
    maildrop_close(&task->maildrop);
    forget->is_recovered = true;
    return RESTANTE_AGAIN;
}

static enum restante_status forget_remove(struct task *task, struct restante_error *error)
{
    size_t kept = 0;
    DIR *listing = forget_list(task, error);
    if (!listing)
        return error->status;
    for (struct dirent *entry; (entry = readdir(listing));) {
        kept += forget_is_kept(entry->d_name);
        if (!forget_is_for_removal(entry->d_name))
            continue;
        if (unlinkat(task->state_fd, entry->d_name, 0) == 0) {
            task->counts.done++;
        } else if (errno != ENOENT) {
            task->counts.failed++;
            task_note(task, "cannot remove %s: %s", entry->d_name, strerror(errno));
        }
    }
    closedir(listing);
    if (kept > 0)
        task_note(task, "%zu files of interrupted removals are left in the state directory: look at them first", kept);
    if (fsync(task->state_fd) != 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot make durable what was forgotten of %s",
                         task->user);
    return RESTANTE_OK;
}

static enum restante_status forget_step(struct task *task, struct restante_error *error)
{
    if (task->state_fd < 0) /* never opened */
        return RESTANTE_OK;
    if (!task->state) {
        struct forget *made = alloc_zeroed(sizeof(*made));
        made->lock_fd = -1;
        task->state = made;
    }
    struct forget *forget = task->state;
    if (!forget->is_recovered)
        return forget_recover(task, forget, error);
    return forget_remove(task, error);
}

static void forget_end(struct task *task)
{
    struct forget *forget = task->state;
    if (!forget)
        return;
    fd_close(&forget->lock_fd);
    held_free(&forget->held);
    task_session_end(&forget->session);
    free(forget);
}

const struct task_operation task_forget = {.step = forget_step, .end = forget_end};
