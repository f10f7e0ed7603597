/*
 * session/nursery_state.c - state directories. The check runs in the nursery, which has no right to look inside; the
 * opening runs in a worker, as the mailbox owner. What looks wrong is refused, never mended.
 */
#include "session/nursery_state.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/fd.h"
#include "util/str.h"

void nursery_state_key(char key[NURSERY_STATE_KEY_LENGTH + 1], const char *driver, const char *path)
{
    SHA2_CTX context;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)driver, strlen(driver) + 1);
    SHA256Update(&context, (const uint8_t *)path, strlen(path));
    SHA256Final(digest, &context);
    str_hex(key, digest, NURSERY_STATE_KEY_LENGTH / 2);
}

static enum restante_status nursery_state_judge(const char *directory, const struct stat *found, uint32_t uid,
                                                struct restante_error *error)
{
    if (!S_ISDIR(found->st_mode))
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "the state directory %s is no directory", directory);
    if (found->st_uid != uid)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "the state directory %s belongs to uid %u, but the mail to uid %u: give it to that one",
                         directory, (unsigned)found->st_uid, (unsigned)uid);
    if ((found->st_mode & 077) != 0)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "the state directory %s is open to others (mode %o): chmod 700 it", directory,
                         (unsigned)found->st_mode & 07777);
    return RESTANTE_OK;
}

enum restante_status nursery_state_check(const char *directory, uint32_t uid, struct restante_error *error)
{
    struct stat found;
    if (lstat(directory, &found) == 0)
        return nursery_state_judge(directory, &found, uid, error);
    if (errno == ENOENT)
        return RESTANTE_END;
    return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot examine the state directory %s", directory);
}

enum restante_status nursery_state_open(const char *directory, uint32_t uid, int *fd, struct restante_error *error)
{
    struct stat found;
    *fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, &found) < 0) {
        enum restante_status status =
            error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot open the state directory %s", directory);
        fd_close(fd);
        return status;
    }
    enum restante_status status = nursery_state_judge(directory, &found, uid, error);
    if (status != RESTANTE_OK)
        fd_close(fd);
    return status;
}
