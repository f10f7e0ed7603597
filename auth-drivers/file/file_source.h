/*
 * file/file_source.h - reading the passwd file as a whole, and knowing when it has changed.
 */
#ifndef FILE_FILE_SOURCE_H
#define FILE_FILE_SOURCE_H

#include <restante/module.h>

#include <sys/stat.h>

/* What a file looked like. A zeroed one equals no file. */
struct file_signature {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
    bool is_settled; /* it had not changed for a while when it was read: a later change shows in its times */
};

/*
 * Read the regular file at `path` (links are followed) that belongs to root or to this process's user and that no
 * group and nobody else can write. *text has *length octets and a NUL after them; free it wiped. A refusal or a
 * failure is RESTANTE_TEMPORARY.
 */
enum restante_status file_source_read(const struct restante_host *host, const char *path, char **text,
                                      size_t *length, struct file_signature *signature, struct restante_error *error);
/* Is the file at `path` still the one that was read? */
bool file_source_is_same(const char *path, const struct file_signature *signature);

#endif
