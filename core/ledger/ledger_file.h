/*
 * ledger/ledger_file.h - the ledger's file in its state directory: opened without following links, appended to,
 * replaced whole, kept aside. Knows nothing of records.
 */
#ifndef LEDGER_LEDGER_FILE_H
#define LEDGER_LEDGER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

/*
 * Open the file and tell how long it is. *fd is -1 when there is no file yet, nor, for reading, a directory
 * (`state_fd` -1). What is no regular file of ours is refused.
 */
enum restante_status ledger_file_open(int state_fd, bool read_only, int *fd, size_t *length,
                                      struct restante_error *error);
/* Read on, at most `capacity` octets; *length = 0 at the end. */
enum restante_status ledger_file_read(int fd, char *data, size_t capacity, size_t *length,
                                      struct restante_error *error);

/*
 * Write `length` octets at `offset`, the end of what is good, and make them durable. Anything behind `offset` is cut
 * off first.
 */
enum restante_status ledger_file_append(int fd, uint64_t offset, const void *data, size_t length,
                                        struct restante_error *error);

/* Make the name of a new file durable. */
enum restante_status ledger_file_sync_name(int state_fd, struct restante_error *error);

/*
 * Put a new file in the place of the old one (*fd -1: there is none), durably: at every moment the one or the other is
 * there, and never in part. *fd becomes the new one, also when all that failed is to make its name durable.
 */
enum restante_status ledger_file_replace(int state_fd, int *fd, const void *data, size_t length,
                                         struct restante_error *error);

/* Give the present file a second name, "ledger.damaged-<when>". `name` receives it. */
enum restante_status ledger_file_keep_aside(int state_fd, int64_t when_s, char name[64],
                                            struct restante_error *error);

#endif
