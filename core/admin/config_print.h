/*
 * admin/config_print.h - settings for people: those in force with their origin, and a sample file made from the table.
 */
#ifndef ADMIN_CONFIG_PRINT_H
#define ADMIN_CONFIG_PRINT_H

#include <stdio.h>

#include "conf/conf.h"
#include "ipc/messages.h"

/*
 * One line for each setting: path, value as it would be written, and in a comment "default" or FILE:LINE. `settings`
 * are the modules' own (their `setting_path` is "storage.1.mark_seen").
 */
void admin_config_print(FILE *out, const char *file, const struct conf *conf,
                        const struct message_module_setting *settings, size_t count);
/* A commented restante.conf that names every setting of the core with its default or an example. */
void admin_sample_print(FILE *out);

#endif
