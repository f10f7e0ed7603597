/*
 * module/loader_trust.c - owners and modes from a module file up to the root. In every room that loads modules.
 * Refuses with a sentence that names the file or folder, what it has and what it must have.
 */
#include "module/loader_trust.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "util/error.h"
#include "util/str.h"

static enum restante_status trust_check_one(const char *path, const char *kind, unsigned trusted_uid,
                                            struct restante_error *error)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return error_set(error, RESTANTE_INVALID, errno, NULL, "%s: cannot be examined", path);
    if (status.st_uid != 0 && status.st_uid != trusted_uid)
        return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: the owner of the %s is uid %u, but must be %s%u", path,
                         kind, status.st_uid, trusted_uid ? "0 or " : "", trusted_uid);
    bool is_shared_folder = S_ISDIR(status.st_mode) && status.st_uid == 0 && (status.st_mode & S_ISVTX);
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) && !is_shared_folder)
        return error_set(error, RESTANTE_INVALID, 0, NULL,
                         "%s: the %s can be written by others (mode %04o), but must be writable by its owner alone "
                         "(mode %04o)",
                         path, kind, status.st_mode & 07777, status.st_mode & 07755);
    return RESTANTE_OK;
}

enum restante_status trust_check(const char *path, unsigned trusted_uid, struct restante_error *error)
{
    char part[PATH_MAX];
    enum restante_status status = trust_check_one(path, "file", trusted_uid, error);
    str_copy(part, sizeof(part), path);
    for (char *slash = strrchr(part, '/'); slash && status == RESTANTE_OK; slash = strrchr(part, '/')) {
        *slash = '\0';
        status = trust_check_one(part[0] ? part : "/", "folder", trusted_uid, error);
    }
    return status;
}
