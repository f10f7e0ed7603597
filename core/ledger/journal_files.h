/*
 * ledger/journal_files.h - the files of a journal in the state directory: found, begun, opened without following links,
 * removed. Knows nothing of what is in them.
 */
#ifndef LEDGER_JOURNAL_FILES_H
#define LEDGER_JOURNAL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

struct journal_file {
    uint64_t number;
    int64_t begun_s; /* when its first entry was made */
};

/* Zeroed: none. */
struct journal_files {
    struct journal_file *files; /* by their numbers */
    size_t count, capacity;
};

/* What is not called as we call them is passed over. */
enum restante_status journal_files_list(int state_fd, struct journal_files *files, struct restante_error *error);
/* One more, the last. */
void journal_files_add(struct journal_files *files, struct journal_file file);
void journal_files_free(struct journal_files *files);

/* With its length. A file that is gone: *fd is -1. What is no regular file of ours is refused. */
enum restante_status journal_file_open(int state_fd, struct journal_file file, bool read_only, int *fd,
                                       uint64_t *length, struct restante_error *error);
enum restante_status journal_file_create(int state_fd, struct journal_file file, int *fd,
                                         struct restante_error *error);
bool journal_file_remove(int state_fd, struct journal_file file);
/*
 * Remove the files whose entries are all of before `limit_s`, but not the last, and the oldest of more than `most`. A
 * file is as young as its last entry, which is no younger than the first of the next file.
 */
void journal_files_drop(int state_fd, struct journal_files *files, int64_t limit_s, size_t most);

#endif
