/*
 * tests/unit/ledger_box.c - see ledger_box.h.
 */
#include "ledger_box.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char ledger_box_path[64];
int ledger_box_fd = -1;

int ledger_box_make(void **state)
{
    (void)state;
    snprintf(ledger_box_path, sizeof(ledger_box_path), "/tmp/test_ledger.XXXXXX");
    assert_non_null(mkdtemp(ledger_box_path));
    ledger_box_fd = open(ledger_box_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(ledger_box_fd >= 0);
    return 0;
}

int ledger_box_empty(const char *prefix)
{
    int found = 0;
    DIR *listing = opendir(ledger_box_path);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));) {
        if (entry->d_name[0] == '.')
            continue;
        found += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
        assert_int_equal(unlinkat(ledger_box_fd, entry->d_name, 0), 0);
    }
    closedir(listing);
    return found;
}

int ledger_box_count(const char *prefix)
{
    int found = 0;
    DIR *listing = opendir(ledger_box_path);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));)
        found += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    closedir(listing);
    return found;
}

int ledger_box_drop(void **state)
{
    (void)state;
    ledger_box_empty("");
    close(ledger_box_fd);
    return rmdir(ledger_box_path);
}

struct restante_ledger *ledger_box_open(bool read_only)
{
    struct restante_ledger *ledger = NULL;
    struct restante_error error = {0};
    enum restante_status status;
    do
        status = ledger_open(ledger_box_fd, read_only, &ledger, &error);
    while (status == RESTANTE_AGAIN);
    if (status != RESTANTE_OK)
        fail_msg("ledger_open: %s", error.log);
    return ledger;
}

void ledger_box_sync(struct restante_ledger *ledger)
{
    struct restante_error error = {0};
    enum restante_status status;
    do
        status = ledger_sync(ledger, &error);
    while (status == RESTANTE_AGAIN);
    if (status != RESTANTE_OK)
        fail_msg("ledger_sync: %s", error.log);
}

size_t ledger_box_read(char *to, size_t capacity)
{
    int fd = openat(ledger_box_fd, "ledger", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t length = read(fd, to, capacity);
    assert_true(length >= 0 && (size_t)length < capacity);
    close(fd);
    return (size_t)length;
}

void ledger_box_write(const char *data, size_t length)
{
    int fd = openat(ledger_box_fd, "ledger", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, length), length);
    close(fd);
}
