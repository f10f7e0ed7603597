/*
 * file/file_table.h - a passwd file in memory: one text, one array of accounts, one hash table of names.
 */
#ifndef FILE_FILE_TABLE_H
#define FILE_FILE_TABLE_H

#include <restante/module.h>

/* One account. Its strings are views into the table's text. */
struct file_account {
    const char *user, *secret, *home, *storage;
    const char *fault; /* why nobody can log in for now, or NULL */
    uint32_t uid, gid;
    uint32_t line; /* in the file, from 1 */
    bool has_uid, has_gid;
    bool is_disabled;
    bool is_bad_line; /* only its user could be read */
};

struct file_table {
    char *text;
    size_t text_size;
    struct file_account *accounts;
    size_t count;
    uint32_t *slots; /* index + 1 into accounts; 0: empty */
    size_t slot_count;
    const char *dummy; /* the stored secret that stands in for those nobody has */
};

/*
 * Make a table of a file's text, which it takes over (also when it fails). Bad lines are logged with file and line
 * and cost only themselves.
 */
enum restante_status file_table_open(const struct restante_host *host, const char *path, char *text, size_t length,
                                     struct file_table **table, struct restante_error *error);
/* The account of a user, usable or not; NULL when there is none. */
const struct file_account *file_table_find(const struct file_table *table, const char *user);
void file_table_close(struct file_table **table);

#endif
