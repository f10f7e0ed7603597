/*
 * mbox/mbox_lock.c - the locks that deliverers and other readers take: held to scan and to commit, no longer. Runs in
 * a worker, as the mailbox owner.
 *
 * Locks are tried without waiting, in the configured order; when one is held by somebody else, those taken before it
 * are given back, so that programs with another order cannot block each other for good.
 *
 * fcntl: an open file description's lock, which other programs' POSIX locks respect and which no other descriptor of
 * this process can lose (fcntl(2)). dotlock: a file NAME.lock that only one can make. A dotlock is broken only when it
 * is one of ours (its content says so) whose maker is gone: as long as it lives it holds a lock on that file, which
 * ends with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/beneath.h"
#include "mbox/mbox.h"

static const char *const lock_names[] = {"fcntl", "flock", "dotlock"};
static const char dotlock_content[] = "0\nrestante\n"; /* "0": a process id that other programs find on no machine */
#define DOTLOCK_LENGTH (sizeof(dotlock_content) - 1)

static bool lock_description(int fd, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* --- the lock file ---------------------------------------------------------------------------------------------- */

static bool dotlock_name(const struct mbox *mbox, char name[264])
{
    int length = snprintf(name, 264, "%s.lock", mbox->name);
    return length > 0 && length < 256;
}

/* Is this lock file one of ours that nobody holds? Then it is gone afterwards. */
static bool dotlock_break(const struct mbox *mbox, const char *name)
{
    char content[DOTLOCK_LENGTH + 1];
    struct stat open, named;
    bool is_broken = false;
    int fd = beneath_open(mbox->folder, name, O_RDWR, 0);
    if (fd < 0)
        return errno == ENOENT;
    if (fstat(fd, &open) == 0 && S_ISREG(open.st_mode) && open.st_uid == geteuid() &&
        open.st_size == (off_t)DOTLOCK_LENGTH && mbox_file_read(fd, content, DOTLOCK_LENGTH, 0) &&
        memcmp(content, dotlock_content, DOTLOCK_LENGTH) == 0 && lock_description(fd, F_WRLCK)) {
        /* Whoever breaks it holds its lock: nobody else of us can be doing the same. */
        is_broken = beneath_facts(mbox->folder, name, &named) && named.st_ino == open.st_ino &&
                    named.st_dev == open.st_dev && beneath_unlink(mbox->folder, name);
        if (is_broken)
            mbox->host->log(RESTANTE_WARN, "mbox %s of user %s: removed %s, which a process of ours that is gone had "
                            "left behind", mbox->path, mbox->user, name);
    }
    beneath_close(&fd);
    return is_broken;
}

/* 0, EAGAIN when somebody has it, or another errno. */
static int dotlock_take(struct mbox *mbox)
{
    char name[264];
    if (!dotlock_name(mbox, name))
        return ENAMETOOLONG;
    int fd = beneath_open(mbox->folder, name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 && errno == EEXIST && dotlock_break(mbox, name))
        fd = beneath_open(mbox->folder, name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        return errno == EEXIST ? EAGAIN : errno;
    /* The lock first: a file with our content and without it is a stale one. */
    if (!lock_description(fd, F_WRLCK) || !mbox_file_write(fd, dotlock_content, DOTLOCK_LENGTH, 0)) {
        int why = errno;
        (void)beneath_unlink(mbox->folder, name);
        beneath_close(&fd);
        return why ? why : EIO;
    }
    mbox->dotlock = fd;
    return 0;
}

static void dotlock_release(struct mbox *mbox)
{
    char name[264];
    struct stat open, named;
    if (mbox->dotlock < 0 || !dotlock_name(mbox, name))
        return;
    /* Only what is still ours: an administrator may have removed it, and another program made its own. */
    if (fstat(mbox->dotlock, &open) == 0 && beneath_facts(mbox->folder, name, &named) &&
        open.st_ino == named.st_ino && open.st_dev == named.st_dev)
        (void)beneath_unlink(mbox->folder, name);
    beneath_close(&mbox->dotlock);
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

static int lock_take_one(struct mbox *mbox, enum mbox_lock lock)
{
    bool is_taken = true;
    switch (lock) {
    case MBOX_LOCK_FCNTL:
        is_taken = lock_description(mbox->fd, mbox->is_writable ? F_WRLCK : F_RDLCK);
        break;
    case MBOX_LOCK_FLOCK:
        is_taken = flock(mbox->fd, (mbox->is_writable ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0;
        break;
    case MBOX_LOCK_DOTLOCK:
        return mbox->is_read_only ? 0 : dotlock_take(mbox); /* an inspection changes nothing */
    }
    if (is_taken)
        return 0;
    return errno == EACCES || errno == EWOULDBLOCK ? EAGAIN : errno;
}

static void lock_release_one(struct mbox *mbox, enum mbox_lock lock)
{
    if (lock == MBOX_LOCK_FCNTL && mbox->fd >= 0)
        (void)lock_description(mbox->fd, F_UNLCK);
    else if (lock == MBOX_LOCK_FLOCK && mbox->fd >= 0)
        (void)flock(mbox->fd, LOCK_UN);
    else if (lock == MBOX_LOCK_DOTLOCK)
        dotlock_release(mbox);
}

void mbox_lock_release(struct mbox *mbox)
{
    while (mbox->locks_held > 0)
        lock_release_one(mbox, mbox->driver->locks[--mbox->locks_held]);
    mbox->lock_deadline_ms = 0;
}

static enum restante_status lock_wait(struct mbox *mbox, enum mbox_lock lock, struct restante_error *error)
{
    int64_t now_ms = mbox->host->monotonic_ms(), deadline_ms = mbox->lock_deadline_ms;
    mbox_lock_release(mbox);
    mbox->lock_deadline_ms = deadline_ms ? deadline_ms : now_ms + mbox->driver->lock_timeout_ms;
    if (now_ms < mbox->lock_deadline_ms)
        return RESTANTE_WAIT;
    mbox->lock_deadline_ms = 0;
    return mbox->host->fail(error, RESTANTE_IN_USE, 0, "another program is using this mailbox",
                            "mbox %s of user %s: another program holds its %s lock for longer than lock_timeout",
                            mbox->path, mbox->user, lock_names[lock]);
}

static enum restante_status lock_fail(struct mbox *mbox, enum mbox_lock lock, int why, struct restante_error *error)
{
    bool is_forbidden = lock == MBOX_LOCK_DOTLOCK && (why == EACCES || why == EPERM || why == EROFS);
    mbox_lock_release(mbox);
    return mbox->host->fail(error, RESTANTE_TEMPORARY, why, NULL, "mbox %s of user %s: cannot take its %s lock%s",
                            mbox->path, mbox->user, lock_names[lock],
                            is_forbidden ? ": this user may make no file there; leave \"dotlock\" out of locks, or "
                                           "deliver into the user's own folder"
                                         : "");
}

enum restante_status mbox_lock_take(struct mbox *mbox, struct restante_error *error)
{
    while (mbox->locks_held < mbox->driver->locks_count) {
        enum mbox_lock lock = mbox->driver->locks[mbox->locks_held];
        int why = lock_take_one(mbox, lock);
        if (why == EAGAIN)
            return lock_wait(mbox, lock, error);
        if (why != 0)
            return lock_fail(mbox, lock, why, error);
        mbox->locks_held++;
    }
    mbox->lock_deadline_ms = 0;
    return RESTANTE_OK;
}
