/*
 * admin/config_print.h - the settings as a person reads them: those in force, and a sample file.
 */
#ifndef ADMIN_CONFIG_PRINT_H
#define ADMIN_CONFIG_PRINT_H

#include <stdio.h>

#include "conf/conf.h"
#include "ipc/messages.h"

/*
 * The effective settings in the file's own syntax, each with its origin in a comment: "default" or FILE:LINE. What the
 * modules reported about their own settings takes the place of what the file says of them.
 */
void admin_config_print(FILE *out, const char *file, const struct conf *conf,
                        const struct message_module_setting *module_settings, size_t count);
/*
 * A sample configuration made from the settings table: prose after "-- ", settings that may be left out after "--".
 * It has no faults as it stands, nor when those settings are taken in.
 */
void admin_sample_print(FILE *out);

#endif
