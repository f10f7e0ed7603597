/*
 * master/commands.h - what `restante COMMAND` runs. Each returns the exit status.
 */
#ifndef MASTER_COMMANDS_H
#define MASTER_COMMANDS_H

int command_serve(const char *file);
int command_check(const char *file);
int command_config(const char *file);
int command_modules(const char *file);

#endif
