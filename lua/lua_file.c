/*
 * lua/lua_file.c - a regular file, whole, whose owner is root or this process. In the nursery, while it starts.
 */
#include "lua_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool file_is_trusted(const struct stat *status)
{
    return (status->st_uid == 0 || status->st_uid == geteuid()) && !(status->st_mode & (S_IWGRP | S_IWOTH));
}

static bool file_read_all(int fd, char *text, size_t max, size_t *length, char why[128])
{
    for (*length = 0; *length <= max;) {
        ssize_t got = read(fd, text + *length, max + 1 - *length);
        if (got == 0)
            return true;
        if (got > 0) {
            *length += (size_t)got;
        } else if (errno != EINTR) {
            snprintf(why, 128, "cannot be read: %s", strerror(errno));
            return false;
        }
    }
    snprintf(why, 128, "is larger than %zu octets", max);
    return false;
}

char *lua_file_read(const char *path, size_t max, size_t *length, char why[128])
{
    struct stat status;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) != 0)
        snprintf(why, 128, "cannot be read: %s", strerror(errno));
    else if (!S_ISREG(status.st_mode))
        snprintf(why, 128, "is not a regular file");
    else if (!file_is_trusted(&status))
        snprintf(why, 128, "could be written by others than root and the account of the server");
    else if (!(text = malloc(max + 2)))
        snprintf(why, 128, "does not fit into memory");
    if (text && !file_read_all(fd, text, max, length, why)) {
        free(text);
        text = NULL;
    }
    if (text)
        text[*length] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}
