/*
 * The `file` auth driver: accounts in a Dovecot-compatible passwd file. See file_driver.c.
 */
#include <restante/auth.h>

#include "file/file_driver.h"

/* The group of accounts that name only a uid comes from the system's list of users. */
static const char *const file_needs_paths[] = {"/etc/passwd", "/etc/nsswitch.conf", NULL};

const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_auth),
    .kind = RESTANTE_KIND_AUTH,
    .name = "file",
    .summary = "accounts in a passwd file: crypt, salted SHA and plain secrets",
    .settings = file_settings,
    .settings_count = FILE_SETTING_COUNT,
    .needs = RESTANTE_NEEDS_NOTHING,
    .needs_paths = file_needs_paths,
    .operations = &file_operations,
};
