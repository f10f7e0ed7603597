/*
 * file/file_driver.h - the driver's state and operations; file.c makes the module's descriptor of them.
 */
#ifndef FILE_FILE_DRIVER_H
#define FILE_FILE_DRIVER_H

#include <restante/auth.h>

#include "common/scheme.h"
#include "file/file_source.h"
#include "file/file_table.h"

enum { FILE_SETTING_PATH = 0, FILE_SETTING_COUNT };

struct file_driver {
    const struct restante_host *host;
    const char *path;
    struct file_table *table; /* NULL until the file could be read */
    struct file_signature signature;
    uint64_t checksum; /* of the text that the table was made of */
    uint32_t generation; /* grows with each reading, so that a listing notices */
    struct scheme_work work;
};

extern const struct restante_setting file_settings[FILE_SETTING_COUNT];
extern const struct restante_auth file_operations;

#endif
