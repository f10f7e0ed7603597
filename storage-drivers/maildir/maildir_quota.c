/*
 * maildir/maildir_quota.c - the Maildir++ quota file: a line for what came or went, where the file exists.
 *
 * Its other readers add the lines up and make it anew when it grows. Failing to write is reported, never a failure.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/beneath.h"

void maildir_quota_add(const struct maildir *maildir, int64_t octets, int64_t count)
{
    char line[64];
    struct stat facts;
    int length = snprintf(line, sizeof(line), "%" PRId64 " %" PRId64 "\n", octets, count);
    int fd = beneath_open(maildir->root, "maildirsize", O_WRONLY | O_APPEND, 0);
    if (fd < 0 && errno == ENOENT)
        return;
    bool is_file = fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
    if (!is_file || !beneath_write_all(fd, line, (size_t)length)) {
        const char *why = fd >= 0 && !is_file ? "not a regular file" : strerror(errno);
        maildir->host->log(RESTANTE_WARN, "maildir of user %s: cannot add to %s/maildirsize: %s", maildir->user,
                           maildir->path, why);
    }
    beneath_close(&fd);
}
