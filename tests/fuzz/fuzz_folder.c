#include "fuzz_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static char folder[64];

static void fuzz_folder_remove(void)
{
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    while (stream && (entry = readdir(stream))) {
        if (entry->d_name[0] == '.')
            continue;
        fuzz_folder_empty(entry->d_name);
        (void)unlinkat(dirfd(stream), entry->d_name, AT_REMOVEDIR);
        (void)unlinkat(dirfd(stream), entry->d_name, 0);
    }
    if (stream)
        closedir(stream);
    (void)rmdir(folder);
}

const char *fuzz_folder(void)
{
    if (folder[0])
        return folder;
    snprintf(folder, sizeof(folder), "%s/restante-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    FUZZ_REQUIRE(mkdtemp(folder));
    atexit(fuzz_folder_remove);
    return folder;
}

static void fuzz_folder_path(char path[PATH_MAX], const char *name)
{
    snprintf(path, PATH_MAX, "%s/%s", fuzz_folder(), name);
}

void fuzz_folder_empty(const char *name)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    fuzz_folder_path(path, name);
    DIR *stream = opendir(path);
    while (stream && (entry = readdir(stream)))
        (void)unlinkat(dirfd(stream), entry->d_name, 0);
    if (stream)
        closedir(stream);
}

void fuzz_folder_write(const char *name, const void *data, size_t length)
{
    char path[PATH_MAX];
    fuzz_folder_path(path, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_REQUIRE(fd >= 0 && write(fd, data, length) == (ssize_t)length);
    close(fd);
}

int fuzz_folder_open(const char *name)
{
    char path[PATH_MAX];
    fuzz_folder_path(path, name);
    (void)mkdir(path, 0700);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_REQUIRE(fd >= 0);
    return fd;
}
