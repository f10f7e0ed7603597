/*
 * common/beneath.h - files below a directory descriptor, for storage drivers.
 *
 * A name is one path component: what a mailbox owner (or somebody who delivers to him) put into a folder can never
 * lead out of it. Runs in a worker, as the mailbox owner. Functions fail with errno, as the calls below them do.
 */
#ifndef COMMON_BENEATH_H
#define COMMON_BENEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Close *fd when it is open and set it to -1. errno is kept. */
void beneath_close(int *fd);

/* Open `name` in `folder`: follows no link (ELOOP), never waits for a FIFO's other end. -1 with errno. */
int beneath_open(int folder, const char *name, int flags, mode_t mode);
int beneath_open_folder(int folder, const char *name);
/* For reading, regular files only (else EINVAL). *facts describes what was opened. */
int beneath_open_file(int folder, const char *name, struct stat *facts);

/* lstat below `folder`. */
bool beneath_facts(int folder, const char *name, struct stat *facts);
/* Rename; an existing `to` is never replaced (EEXIST). */
bool beneath_rename(int from_folder, const char *from, int to_folder, const char *to);
bool beneath_unlink(int folder, const char *name);

/* read, again when interrupted. */
ssize_t beneath_read(int fd, void *data, size_t capacity);
bool beneath_write_all(int fd, const void *data, size_t length);
/* Make names made in or removed from a folder durable; file systems that cannot sync a folder are no failure. */
bool beneath_sync_folder(int folder);

#endif
