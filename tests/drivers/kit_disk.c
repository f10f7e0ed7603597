/*
 * tests/drivers/kit_disk.c - see kit_disk.h. Nothing is really synced: what a sync would make durable is forgotten here
 * as a thing that a loss of power may undo.
 */
#include "../unit/unit.h"

#include "kit_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR_OCTETS 16 /* what is written as one */

enum undo_kind { UNDO_OCTETS = 0, UNDO_CUT, UNDO_GROWN, UNDO_NAME, UNDO_MADE };

/* How to undo one change that is not durable yet. */
struct undo {
    enum undo_kind kind;
    dev_t device; /* of the file, or of the folder */
    ino_t inode;
    int fd; /* ours */
    off_t offset; /* UNDO_OCTETS, UNDO_CUT: where `old` was; UNDO_GROWN: the size before */
    char *old;
    size_t length;
    char name[64], other[64], kept[64]; /* UNDO_NAME: `name` became `other` ("": went); what it replaced is `kept`.
                                           UNDO_MADE: `name` is new */
};

static struct {
    enum kit_disk_fault fault;
    unsigned at, calls, seed;
    unsigned long read_octets;
    int errno_value;
    bool has_struck;
    const char *struck;
} disk;

static struct undo undos[4096];
static size_t undos_count;
static unsigned kept_names;
static bool tails_are_lost;

ssize_t __real_pread(int fd, void *data, size_t length, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t length, off_t offset);
ssize_t __real_pwrite(int fd, const void *data, size_t length, off_t offset);
ssize_t __real_write(int fd, const void *data, size_t length);
int __real_ftruncate(int fd, off_t length);
int __real_fallocate(int fd, int mode, off_t offset, off_t length);
int __real_openat(int folder, const char *name, int flags, ...);
int __real_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
int __real_unlinkat(int folder, const char *name, int flags);
int __real_futimens(int fd, const struct timespec times[2]);

ssize_t __wrap_pwrite(int fd, const void *data, size_t length, off_t offset);
ssize_t __wrap_write(int fd, const void *data, size_t length);
int __wrap_ftruncate(int fd, off_t length);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t length);
int __wrap_openat(int folder, const char *name, int flags, ...);
int __wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
int __wrap_unlinkat(int folder, const char *name, int flags);
int __wrap_futimens(int fd, const struct timespec times[2]);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);

static unsigned disk_random(void)
{
    disk.seed = disk.seed * 1103515245u + 12345u;
    return disk.seed >> 16;
}

/* --- what a loss of power undoes -------------------------------------------------------------------------------- */

static void undo_free(struct undo *undo)
{
    if (*undo->kept)
        (void)__real_unlinkat(undo->fd, undo->kept, 0);
    close(undo->fd);
    free(undo->old);
}

static void undo_forget(int fd)
{
    struct stat facts;
    size_t left = 0;
    assert_int_equal(fstat(fd, &facts), 0);
    for (size_t i = 0; i < undos_count; i++) {
        if (undos[i].device == facts.st_dev && undos[i].inode == facts.st_ino)
            undo_free(&undos[i]);
        else
            undos[left++] = undos[i];
    }
    undos_count = left;
}

static struct undo *undo_note(enum undo_kind kind, int fd)
{
    struct stat facts;
    if (disk.fault != KIT_DISK_POWER)
        return NULL;
    assert_true(undos_count < sizeof(undos) / sizeof(undos[0]));
    assert_int_equal(fstat(fd, &facts), 0);
    undos[undos_count] = (struct undo){.kind = kind, .device = facts.st_dev, .inode = facts.st_ino, .fd = dup(fd)};
    return &undos[undos_count++];
}

static void undo_note_octets(enum undo_kind kind, int fd, off_t offset, size_t length)
{
    struct undo *undo = undo_note(kind, fd);
    if (!undo)
        return;
    undo->offset = offset;
    undo->old = malloc(length + 1);
    assert_non_null(undo->old);
    ssize_t got = pread(fd, undo->old, length, offset);
    undo->length = got > 0 ? (size_t)got : 0;
}

static void undo_note_name(int folder, const char *from, const char *to)
{
    struct undo *undo = undo_note(UNDO_NAME, folder);
    if (!undo)
        return;
    snprintf(undo->name, sizeof(undo->name), "%s", from);
    snprintf(undo->other, sizeof(undo->other), "%s", to);
    snprintf(undo->kept, sizeof(undo->kept), "kept-%u", ++kept_names);
    if (__real_linkat(folder, *to ? to : from, folder, undo->kept, 0) != 0)
        undo->kept[0] = '\0';
}

static void undo_note_made(int folder, const char *name)
{
    struct undo *undo = undo_note(UNDO_MADE, folder);
    if (undo)
        snprintf(undo->name, sizeof(undo->name), "%s", name);
}

/* A write that makes a file longer. */
static void undo_note_grown(int fd, off_t end)
{
    struct stat facts;
    assert_int_equal(fstat(fd, &facts), 0);
    struct undo *undo = tails_are_lost && end > facts.st_size ? undo_note(UNDO_GROWN, fd) : NULL;
    if (!undo)
        return;
    undo->offset = facts.st_size;
    undo->length = (size_t)(end - facts.st_size);
}

/* Of what was added a beginning is there, or all but some sectors, which nobody has written. */
static void undo_grown(const struct undo *undo)
{
    static const char nothing[SECTOR_OCTETS];
    off_t end = undo->offset + (off_t)undo->length;
    unsigned what = disk_random() % 3;
    if (what == 0)
        assert_int_equal(__real_ftruncate(undo->fd, undo->offset + (off_t)(disk_random() % (undo->length + 1))), 0);
    for (off_t at = undo->offset; what == 1 && at < end; at += SECTOR_OCTETS) {
        size_t length = end - at < SECTOR_OCTETS ? (size_t)(end - at) : SECTOR_OCTETS;
        if (disk_random() % 8 == 0)
            assert_int_equal(__real_pwrite(undo->fd, nothing, length, at), length);
    }
}

static void undo_octets(const struct undo *undo)
{
    for (size_t at = 0; at < undo->length; at += SECTOR_OCTETS) {
        size_t length = undo->length - at < SECTOR_OCTETS ? undo->length - at : SECTOR_OCTETS;
        if (disk_random() & 1)
            assert_int_equal(__real_pwrite(undo->fd, undo->old + at, length, undo->offset + (off_t)at), length);
    }
}

static void undo_name(const struct undo *undo)
{
    if (*undo->other)
        (void)__real_renameat(undo->fd, undo->other, undo->fd, undo->name);
    if (*undo->kept)
        (void)__real_renameat(undo->fd, undo->kept, undo->fd, *undo->other ? undo->other : undo->name);
}

static void undo_all(void)
{
    bool are_names_undone = true; /* a file system keeps their order: what is undone is the end of it */
    while (undos_count > 0) {
        struct undo *undo = &undos[--undos_count];
        if (undo->kind == UNDO_NAME || undo->kind == UNDO_MADE) {
            are_names_undone = are_names_undone && disk_random() & 1;
            if (are_names_undone && undo->kind == UNDO_NAME)
                undo_name(undo);
            else if (are_names_undone)
                (void)__real_unlinkat(undo->fd, undo->name, 0);
        } else if (undo->kind == UNDO_GROWN) {
            undo_grown(undo);
        } else if (undo->kind == UNDO_OCTETS) {
            undo_octets(undo);
        } else if (disk_random() & 1) { /* a file's size changes as one */
            assert_int_equal(__real_pwrite(undo->fd, undo->old, undo->length, undo->offset), undo->length);
        }
        undo_free(undo);
    }
}

/* --- control ---------------------------------------------------------------------------------------------------- */

void kit_disk_arm(enum kit_disk_fault fault, unsigned at, int errno_value, unsigned seed)
{
    memset(&disk, 0, sizeof(disk));
    disk.fault = fault;
    disk.at = at;
    disk.errno_value = errno_value;
    disk.seed = seed;
}

void kit_disk_lose_tails(void)
{
    tails_are_lost = true;
}

unsigned kit_disk_disarm(void)
{
    if (disk.fault == KIT_DISK_POWER && disk.has_struck)
        undo_all();
    while (undos_count > 0)
        undo_free(&undos[--undos_count]);
    disk.fault = KIT_DISK_SOUND;
    return disk.calls;
}

unsigned long kit_disk_read_octets(void)
{
    return disk.read_octets;
}

bool kit_disk_has_struck(void)
{
    return disk.has_struck;
}

const char *kit_disk_struck_call(void)
{
    return disk.struck ? disk.struck : "none";
}

/* Is this the call, or one after the end? *is_partly: a part of it may still be done. */
static bool disk_stops(const char *call, bool *is_partly)
{
    disk.calls++;
    *is_partly = false;
    if (disk.fault == KIT_DISK_SOUND || disk.calls < disk.at)
        return false;
    if (disk.calls == disk.at) {
        disk.has_struck = true;
        disk.struck = call;
        *is_partly = true;
    } else if (disk.fault == KIT_DISK_ERROR) {
        return false;
    }
    errno = disk.fault == KIT_DISK_KILL || disk.fault == KIT_DISK_POWER ? EIO : disk.errno_value;
    return true;
}

static bool disk_is_error(void)
{
    return disk.fault == KIT_DISK_ERROR || disk.fault == KIT_DISK_ERRORS;
}

/* Stopped: was the call done nevertheless, before its end could be seen? */
static bool disk_was_done(bool is_partly)
{
    return is_partly && !disk_is_error() && disk_random() & 1;
}

/* --- the calls -------------------------------------------------------------------------------------------------- */

ssize_t __wrap_pread(int fd, void *data, size_t length, off_t offset)
{
    ssize_t got = __real_pread(fd, data, length, offset);
    disk.read_octets += got > 0 ? (unsigned long)got : 0;
    return got;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t length, off_t offset)
{
    bool is_partly, is_stopped = disk_stops("pwrite", &is_partly);
    if (is_stopped && is_partly && length > 0) {
        int why = errno;
        size_t part = disk_random() % (length + (disk_is_error() ? 0 : 1));
        undo_note_octets(UNDO_OCTETS, fd, offset, part);
        undo_note_grown(fd, offset + (off_t)part);
        assert_int_equal(__real_pwrite(fd, data, part, offset), part);
        errno = why;
        return disk_is_error() && part > 0 ? (ssize_t)part : -1;
    }
    if (is_stopped)
        return -1;
    undo_note_octets(UNDO_OCTETS, fd, offset, length);
    undo_note_grown(fd, offset + (off_t)length);
    return __real_pwrite(fd, data, length, offset);
}

ssize_t __wrap_write(int fd, const void *data, size_t length)
{
    bool is_partly;
    return disk_stops("write", &is_partly) ? -1 : __real_write(fd, data, length);
}

int __wrap_ftruncate(int fd, off_t length)
{
    struct stat facts;
    bool is_partly, is_stopped = disk_stops("ftruncate", &is_partly);
    if (is_stopped && !disk_was_done(is_partly))
        return -1;
    assert_int_equal(fstat(fd, &facts), 0);
    if (facts.st_size > length)
        undo_note_octets(UNDO_CUT, fd, length, (size_t)(facts.st_size - length));
    int result = __real_ftruncate(fd, length);
    return is_stopped ? -1 : result;
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t length)
{
    bool is_partly;
    return disk_stops("fallocate", &is_partly) ? -1 : __real_fallocate(fd, mode, offset, length);
}

/* Only what makes a file changes anything; a lock's file has its own rules for who died with it. */
int __wrap_openat(int folder, const char *name, int flags, ...)
{
    bool is_partly;
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if (!(flags & O_CREAT) || strstr(name, ".lock") || faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return __real_openat(folder, name, flags, mode);
    bool is_stopped = disk_stops("openat", &is_partly);
    if (is_stopped && !disk_was_done(is_partly))
        return -1;
    int fd = __real_openat(folder, name, flags, mode);
    if (fd >= 0)
        undo_note_made(folder, name);
    if (!is_stopped)
        return fd;
    close(fd);
    errno = EIO;
    return -1;
}

int __wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    bool is_partly;
    if (strstr(to, ".lock"))
        return __real_linkat(from_folder, from, to_folder, to, flags);
    bool is_stopped = disk_stops("linkat", &is_partly);
    if (is_stopped && !disk_was_done(is_partly))
        return -1;
    int result = __real_linkat(from_folder, from, to_folder, to, flags);
    if (result == 0)
        undo_note_made(to_folder, to);
    return is_stopped ? -1 : result;
}

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    bool is_partly, is_stopped = disk_stops("renameat", &is_partly);
    if (is_stopped && !disk_was_done(is_partly))
        return -1;
    undo_note_name(to_folder, from, to);
    int result = __real_renameat(from_folder, from, to_folder, to);
    return is_stopped ? -1 : result;
}

int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    bool is_partly, is_stopped = disk_stops("renameat2", &is_partly);
    if (is_stopped && !disk_was_done(is_partly))
        return -1;
    int result = __real_renameat2(from_folder, from, to_folder, to, flags);
    return is_stopped ? -1 : result;
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
    bool is_partly, is_stopped = disk_stops("unlinkat", &is_partly);
    if (is_stopped && !disk_was_done(is_partly))
        return -1;
    if (strncmp(name, "journal", 7) == 0)
        undo_note_name(folder, name, "");
    int result = __real_unlinkat(folder, name, flags);
    return is_stopped ? -1 : result;
}

int __wrap_futimens(int fd, const struct timespec times[2])
{
    bool is_partly;
    return disk_stops("futimens", &is_partly) ? -1 : __real_futimens(fd, times);
}

static int disk_sync(const char *call, int fd)
{
    bool is_partly;
    if (disk_stops(call, &is_partly))
        return -1;
    undo_forget(fd);
    return 0;
}

int __wrap_fsync(int fd)
{
    return disk_sync("fsync", fd);
}

int __wrap_fdatasync(int fd)
{
    return disk_sync("fdatasync", fd);
}
