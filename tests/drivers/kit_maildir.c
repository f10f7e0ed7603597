/*
 * tests/drivers/kit_maildir.c - the Maildir driver's part of the storage kit.
 */
#include "../unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_files.h"
#include "storage_kit.h"

static void kit_maildir_remove(const char *maildrop, const char *uidl)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/new/%s", maildrop, uidl);
    if (unlink(path) == 0)
        return;
    snprintf(path, sizeof(path), "%s/cur/%s:2,S", maildrop, uidl);
    assert_int_equal(unlink(path), 0);
}

static void kit_maildir_make_large(const char *maildrop, uint64_t octets)
{
    char path[1024];
    assert_int_equal(mkdir(maildrop, 0700), 0);
    snprintf(path, sizeof(path), "%s/new", maildrop);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/new/1.large", maildrop);
    kit_files_write(path, "A: b\n\n", 6);
    assert_int_equal(truncate(path, (off_t)(6 + octets)), 0);
}

static const struct restante_value values[] = {{.is_set = true, .integer = 1}};

const struct kit_adapter kit_adapter = {
    .module = "modules/storage/maildir.so",
    .values = values,
    .remove = kit_maildir_remove,
    .make_large = kit_maildir_make_large,
};
