/*
 * tests/drivers/kit_files.c - see kit_files.h.
 */
#include "../unit/unit.h"

#include "kit_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_host.h"

char *kit_files_make_folder(void)
{
    char path[512];
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof(path), "%s/restante-kit-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    return strdup(path);
}

static int kit_files_remove(const char *path, const struct stat *facts, int type, struct FTW *place)
{
    (void)facts;
    (void)type;
    (void)place;
    return remove(path);
}

void kit_files_remove_tree(const char *path)
{
    assert_int_equal(nftw(path, kit_files_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void kit_files_write(const char *path, const void *data, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, length), length);
    close(fd);
}

static char **lines;
static size_t lines_count, lines_length;

static uint64_t kit_files_sum(const char *path, const struct stat *facts)
{
    char *content = calloc(1, (size_t)facts->st_size + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, content, (size_t)facts->st_size), facts->st_size);
    close(fd);
    uint64_t sum = kit_host.checksum(content, (size_t)facts->st_size);
    free(content);
    return sum;
}

static int kit_files_note(const char *path, const struct stat *facts, int type, struct FTW *place)
{
    char line[1024];
    (void)type;
    (void)place;
    uint64_t sum = S_ISREG(facts->st_mode) ? kit_files_sum(path, facts) : 0;
    int length = snprintf(line, sizeof(line), "%s %" PRIu64 " %o %" PRId64 " %" PRId64 ".%09ld %" PRIx64 "\n", path,
                          (uint64_t)facts->st_ino, facts->st_mode, (int64_t)facts->st_size,
                          (int64_t)facts->st_mtim.tv_sec, facts->st_mtim.tv_nsec, sum);
    lines = realloc(lines, (lines_count + 1) * sizeof(*lines));
    lines[lines_count++] = strdup(line);
    lines_length += (size_t)length;
    return 0;
}

static int kit_files_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *kit_files_describe(const char *path)
{
    lines_count = lines_length = 0;
    lines = NULL;
    assert_int_equal(nftw(path, kit_files_note, 16, FTW_PHYS), 0);
    qsort(lines, lines_count, sizeof(*lines), kit_files_compare);
    char *text = calloc(1, lines_length + 1);
    size_t used = 0;
    for (size_t i = 0; i < lines_count; i++) {
        memcpy(text + used, lines[i], strlen(lines[i]));
        used += strlen(lines[i]);
        free(lines[i]);
    }
    free(lines);
    return text;
}

unsigned kit_files_count_open(void)
{
    unsigned count = 0;
    DIR *stream = opendir("/proc/self/fd");
    assert_non_null(stream);
    while (readdir(stream))
        count++;
    closedir(stream);
    return count;
}
