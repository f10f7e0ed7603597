/*
 * ledger/journal_files.c - the files of a journal. Runs in a worker, as the mailbox owner, within the state directory.
 *
 * TRUST: the folder is the mailbox owner's, who may have put anything into it.
 */
#include "ledger/journal_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/str.h"

#define JOURNAL_PREFIX "removals-"
#define JOURNAL_NAME_MAX 64
#define JOURNAL_NUMBER_MAX UINT64_C(999999999999999)

static void journal_file_name(char name[JOURNAL_NAME_MAX], struct journal_file file)
{
    snprintf(name, JOURNAL_NAME_MAX, JOURNAL_PREFIX "%06" PRIu64 "-%" PRId64 ".jsonl", file.number, file.begun_s);
}

/* Is it exactly how a file of ours is called? */
static bool journal_file_parse(const char *name, struct journal_file *file)
{
    char again[JOURNAL_NAME_MAX];
    uint64_t begun_s;
    size_t prefix = strlen(JOURNAL_PREFIX);
    if (strncmp(name, JOURNAL_PREFIX, prefix) != 0)
        return false;
    const char *number = name + prefix;
    size_t length = strspn(number, "0123456789");
    if (!str_parse_u64(number, length, &file->number) || file->number > JOURNAL_NUMBER_MAX || number[length] != '-')
        return false;
    const char *begun = number + length + 1;
    length = strspn(begun, "0123456789");
    if (!str_parse_u64(begun, length, &begun_s) || begun_s > INT64_MAX)
        return false;
    file->begun_s = (int64_t)begun_s;
    journal_file_name(again, *file);
    return strcmp(name, again) == 0;
}

static int journal_files_compare(const void *a, const void *b)
{
    const struct journal_file *one = a, *other = b;
    if (one->number != other->number)
        return one->number < other->number ? -1 : 1;
    return (one->begun_s > other->begun_s) - (one->begun_s < other->begun_s);
}

void journal_files_add(struct journal_files *files, struct journal_file file)
{
    if (files->count == files->capacity) {
        files->capacity = files->capacity ? 2 * files->capacity : 16;
        files->files = alloc_resize(files->files, files->capacity, sizeof(*files->files));
    }
    files->files[files->count++] = file;
}

enum restante_status journal_files_list(int state_fd, struct journal_files *files, struct restante_error *error)
{
    struct journal_file file;
    int fd = openat(state_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    files->count = 0;
    if (!folder) {
        int errno_value = errno;
        fd_close(&fd);
        return error_set(error, RESTANTE_TEMPORARY, errno_value, NULL, "cannot list the state directory");
    }
    errno = 0;
    for (struct dirent *entry; (entry = readdir(folder)); errno = 0)
        if (journal_file_parse(entry->d_name, &file))
            journal_files_add(files, file);
    int errno_value = errno;
    closedir(folder);
    if (errno_value)
        return error_set(error, RESTANTE_TEMPORARY, errno_value, NULL, "cannot list the state directory");
    if (files->count > 0)
        qsort(files->files, files->count, sizeof(*files->files), journal_files_compare);
    return RESTANTE_OK;
}

void journal_files_free(struct journal_files *files)
{
    free(files->files);
    *files = (struct journal_files){0};
}

static enum restante_status journal_file_check(int fd, const char *name, uint64_t *length,
                                               struct restante_error *error)
{
    struct stat facts;
    if (fstat(fd, &facts) < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot examine %s in the state directory", name);
    if (!S_ISREG(facts.st_mode) || facts.st_uid != geteuid())
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "%s in the state directory is no regular file of uid %u: remove it", name,
                         (unsigned)geteuid());
    *length = (uint64_t)facts.st_size;
    return RESTANTE_OK;
}

enum restante_status journal_file_open(int state_fd, struct journal_file file, bool read_only, int *fd,
                                       uint64_t *length, struct restante_error *error)
{
    char name[JOURNAL_NAME_MAX];
    journal_file_name(name, file);
    /* O_NONBLOCK: a FIFO of that name must not hold the worker. */
    *fd = openat(state_fd, name, (read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *length = 0;
    if (*fd < 0 && errno == ENOENT)
        return RESTANTE_OK;
    if (*fd < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot open %s in the state directory", name);
    enum restante_status status = journal_file_check(*fd, name, length, error);
    if (status != RESTANTE_OK)
        fd_close(fd);
    return status;
}

enum restante_status journal_file_create(int state_fd, struct journal_file file, int *fd,
                                         struct restante_error *error)
{
    char name[JOURNAL_NAME_MAX];
    journal_file_name(name, file);
    *fd = openat(state_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot create %s in the state directory", name);
    return RESTANTE_OK;
}

bool journal_file_remove(int state_fd, struct journal_file file)
{
    char name[JOURNAL_NAME_MAX];
    journal_file_name(name, file);
    return unlinkat(state_fd, name, 0) == 0;
}

void journal_files_drop(int state_fd, struct journal_files *files, int64_t limit_s, size_t most)
{
    size_t kept = 0;
    for (size_t i = 0; i < files->count; i++) {
        bool is_last = i + 1 == files->count;
        bool is_old = !is_last && files->files[i].begun_s < limit_s && files->files[i + 1].begun_s < limit_s;
        bool is_too_many = files->count - i > most;
        if ((is_old || is_too_many) && journal_file_remove(state_fd, files->files[i]))
            continue;
        files->files[kept++] = files->files[i];
    }
    files->count = kept;
}
