#include "module/trust.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "util/error.h"
#include "util/str.h"

static enum restante_status trust_check_one(const char *path, bool is_file, unsigned uid,
                                            struct restante_error *error)
{
    struct stat facts;
    if (lstat(path, &facts) != 0)
        return error_set(error, RESTANTE_INVALID, errno, NULL, "%s", path);
    if (is_file && !S_ISREG(facts.st_mode))
        return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: is not a regular file", path);
    if (facts.st_uid != 0 && facts.st_uid != uid)
        return error_set(error, RESTANTE_INVALID, 0, NULL,
                         "%s: belongs to uid %u, but only root and uid %u may own what is loaded", path,
                         (unsigned)facts.st_uid, uid);
    bool is_sticky = S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) && facts.st_uid == 0;
    if ((facts.st_mode & (S_IWGRP | S_IWOTH)) && !is_sticky)
        return error_set(error, RESTANTE_INVALID, 0, NULL,
                         "%s: can be written by others (mode %o, allowed is %o): chmod go-w it", path,
                         (unsigned)(facts.st_mode & 07777), (unsigned)(facts.st_mode & 07755));
    return RESTANTE_OK;
}

enum restante_status trust_check(const char *path, unsigned uid, struct restante_error *error)
{
    char part[PATH_MAX];
    enum restante_status status = trust_check_one("/", false, uid, error);
    if (!str_copy(part, sizeof(part), path))
        return error_set(error, RESTANTE_INVALID, ENAMETOOLONG, NULL, "%.200s", path);
    for (char *slash = strchr(part + 1, '/'); slash && status == RESTANTE_OK; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = trust_check_one(part, false, uid, error);
        *slash = '/';
    }
    return status == RESTANTE_OK ? trust_check_one(part, true, uid, error) : status;
}
