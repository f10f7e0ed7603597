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
 * ends with it. So that no dotlock without content is left behind, it gets its name when it is complete.
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

/* The lock file, and what it is called until it is complete. */
static bool dotlock_names(const struct mbox *mbox, char name[256], char unfinished[256])
{
    int length = snprintf(name, 256, "%s.lock", mbox->name);
    int longer = snprintf(unfinished, 256, "%s.lock.restante", mbox->name);
    return length > 0 && longer > 0 && longer < 256;
}

static bool dotlock_is_named(const struct mbox *mbox, const char *name, int fd)
{
    struct stat open, named;
    return fstat(fd, &open) == 0 && beneath_facts(mbox->folder, name, &named) && open.st_ino == named.st_ino &&
           open.st_dev == named.st_dev;
}

/* Is this one of ours that nobody holds? Then it is gone afterwards. A complete one has all of our content. */
static bool dotlock_break(const struct mbox *mbox, const char *name, bool is_complete)
{
    char content[DOTLOCK_LENGTH + 1];
    struct stat facts;
    bool is_broken = false;
    int fd = beneath_open(mbox->folder, name, O_RDWR, 0);
    if (fd < 0)
        return errno == ENOENT;
    bool is_ours = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_uid == geteuid() &&
                   facts.st_size <= (off_t)DOTLOCK_LENGTH && (!is_complete || facts.st_size == (off_t)DOTLOCK_LENGTH) &&
                   mbox_file_read(fd, content, (size_t)facts.st_size, 0) &&
                   memcmp(content, dotlock_content, (size_t)facts.st_size) == 0;
    /* Whoever breaks it holds its lock: nobody else of us can be doing the same. */
    if (is_ours && lock_description(fd, F_WRLCK))
        is_broken = dotlock_is_named(mbox, name, fd) && beneath_unlink(mbox->folder, name);
    beneath_close(&fd);
    if (is_broken && is_complete)
        mbox->host->log(RESTANTE_WARN, "mbox %s of user %s: removed %s, which a process of ours that is gone had left "
                        "behind", mbox->path, mbox->user, name);
    return is_broken;
}

/* -1 with errno: EAGAIN when somebody else is doing the same. */
static int dotlock_make(const struct mbox *mbox, const char *unfinished)
{
    int fd = beneath_open(mbox->folder, unfinished, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 && errno == EEXIST && dotlock_break(mbox, unfinished, false))
        fd = beneath_open(mbox->folder, unfinished, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0) {
        errno = errno == EEXIST ? EAGAIN : errno;
        return -1;
    }
    /* Until it is locked it may be taken for one that was left behind. */
    if (lock_description(fd, F_WRLCK) && dotlock_is_named(mbox, unfinished, fd)) {
        if (mbox_file_write(fd, dotlock_content, DOTLOCK_LENGTH, 0))
            return fd;
        int why = errno;
        (void)beneath_unlink(mbox->folder, unfinished);
        errno = why ? why : EIO;
    } else {
        errno = EAGAIN;
    }
    beneath_close(&fd);
    return -1;
}

/* 0, EAGAIN when somebody has it, or another errno. */
static int dotlock_take(struct mbox *mbox)
{
    char name[256], unfinished[256];
    struct stat facts;
    if (!dotlock_names(mbox, name, unfinished))
        return ENAMETOOLONG;
    if (beneath_facts(mbox->folder, name, &facts) && !dotlock_break(mbox, name, true))
        return EAGAIN;
    int fd = dotlock_make(mbox, unfinished);
    if (fd < 0)
        return errno;
    if (!beneath_rename(mbox->folder, unfinished, mbox->folder, name)) {
        int why = errno == EEXIST ? EAGAIN : errno;
        (void)beneath_unlink(mbox->folder, unfinished);
        beneath_close(&fd);
        return why;
    }
    mbox->dotlock = fd;
    return 0;
}

static void dotlock_release(struct mbox *mbox)
{
    char name[256], unfinished[256];
    if (mbox->dotlock < 0 || !dotlock_names(mbox, name, unfinished))
        return;
    /* Only what is still ours: an administrator may have removed it, and another program made its own. */
    if (dotlock_is_named(mbox, name, mbox->dotlock))
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
