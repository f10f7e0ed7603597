#include "access_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LINE_MAX = 1024 };

/* TRUST: who can write the file decides who may log in. */
static bool file_is_trusted(int fd, const char **why)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        *why = "is no regular file";
        return false;
    }
    *why = "could be written by others than root and the account of the server";
    return (facts.st_uid == 0 || facts.st_uid == geteuid()) && !(facts.st_mode & (S_IWGRP | S_IWOTH));
}

/* The text of a line without comment and blanks around it. */
static char *file_strip(char *line)
{
    line[strcspn(line, "#\r\n")] = '\0';
    char *text = line + strspn(line, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool file_read_lines(FILE *file, const char *path, struct access_networks *networks,
                            char fault[ACCESS_FAULT_MAX])
{
    char line[FILE_LINE_MAX];
    for (unsigned number = 1; fgets(line, sizeof(line), file); number++) {
        bool is_whole = strchr(line, '\n') || feof(file);
        const char *text = file_strip(line);
        const char *wrong = !is_whole ? "is too long" : *text ? access_networks_add(networks, text) : NULL;
        if (wrong) {
            snprintf(fault, ACCESS_FAULT_MAX, "%s, line %u: \"%.60s\" %s", path, number, text, wrong);
            return false;
        }
    }
    if (ferror(file))
        snprintf(fault, ACCESS_FAULT_MAX, "%s cannot be read: %s", path, strerror(errno));
    return !ferror(file);
}

bool access_file_read(const char *path, struct access_networks *networks, char fault[ACCESS_FAULT_MAX])
{
    const char *why;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    FILE *file = fd >= 0 && file_is_trusted(fd, &why) ? fdopen(fd, "r") : NULL;
    if (file) {
        bool is_good = file_read_lines(file, path, networks, fault);
        fclose(file);
        return is_good;
    }
    if (fd < 0)
        snprintf(fault, ACCESS_FAULT_MAX, "%s cannot be read: %s", path, strerror(errno));
    else
        snprintf(fault, ACCESS_FAULT_MAX, "%s %s", path, why);
    if (fd >= 0)
        close(fd);
    return false;
}
