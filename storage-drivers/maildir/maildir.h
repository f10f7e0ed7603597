/*
 * maildir/maildir.h - what the files of the Maildir driver share.
 *
 * An open maildrop is a list of messages in delivered order (leading number of the name, then the bytes of the base
 * name, so that a move from new/ to cur/ or a flag never changes it) and the descriptors of the folders they are in.
 * Names change under us (flags, new to cur): a message is its base name and its inode; `name` is where it was last.
 */
#ifndef MAILDIR_MAILDIR_H
#define MAILDIR_MAILDIR_H

#include <dirent.h>
#include <sys/stat.h>

#include <restante/storage.h>

#define MAILDIR_NAME_MAX 255
#define MAILDIR_BUFFER_OCTETS ((size_t)128 * 1024)

enum maildir_folder { MAILDIR_NEW = 0, MAILDIR_CUR, MAILDIR_FOLDERS };

/* struct maildir_message: state */
#define MAILDIR_ALIAS 0x01u    /* the same file has another name with this base: remove both */
#define MAILDIR_TWIN 0x02u     /* other files have this base name: only the inode tells them apart */
#define MAILDIR_MEASURED 0x04u /* while opening: size, time and octets are known */
#define MAILDIR_GONE 0x08u     /* while opening: no message after all */
#define MAILDIR_PENDING 0x10u  /* while committing: was not found under its name */
#define MAILDIR_KEPT_STATE (MAILDIR_ALIAS | MAILDIR_TWIN)

/* One message; the cache file holds the same records. Offsets point into the text of the list. */
struct maildir_message {
    uint64_t inode;
    uint64_t size;   /* st_size */
    uint64_t octets; /* on the wire */
    uint64_t number; /* the leading decimal number of the name: seconds since 1970; 0 without one */
    int64_t mtime_s;
    uint32_t mtime_ns;
    uint32_t name_at; /* the file's name, NUL-terminated */
    uint32_t uidl_at; /* 0: the UIDL is the base name */
    uint16_t name_length, base_length;
    uint8_t folder, state;
    uint8_t unused[6];
};

/* --- maildir_list.c: messages and their text in two blocks of memory ---------------------------------------- */

/* A zeroed one is empty. */
struct maildir_list {
    struct maildir_message *messages;
    size_t count, capacity;
    char *text;
    size_t text_length, text_capacity;
    void *block; /* messages and text lie in here (a loaded cache), or NULL */
};

const char *maildir_list_name(const struct maildir_list *list, const struct maildir_message *message);
/* Both return false when memory or the 32-bit offsets run out. */
bool maildir_list_add_text(struct maildir_list *list, const char *text, size_t length, uint32_t *offset);
bool maildir_list_add(struct maildir_list *list, const char *name, enum maildir_folder folder, uint64_t inode);
/* The order of delivery: less, equal, greater than 0. */
int maildir_list_compare(const struct maildir_list *list, const struct maildir_message *left,
                         const struct maildir_message *right);
/* The first message whose number and base name are these, or NULL. The list is sorted. */
struct maildir_message *maildir_list_find(const struct maildir_list *list, uint64_t number, const char *base,
                                          size_t base_length);
/* How many messages from `first` on have its base name. */
size_t maildir_list_run(const struct maildir_list *list, size_t first);
void maildir_list_free(struct maildir_list *list);

/* --- maildir_name.c: file names ------------------------------------------------------------------------------- */

size_t maildir_name_base_length(const char *name);
uint64_t maildir_name_number(const char *name);
/* The value of ",S=" or ",W=" in a base name. */
bool maildir_name_field(const char *base, size_t base_length, char key, uint64_t *value);
/* Why a name cannot be a message's; NULL when it can. */
const char *maildir_name_fault(const char *name);
/* What a client may be given (RFC 1939 section 7). */
bool maildir_name_is_uidl(const char *uidl, size_t length);
/* May a base name be its own UIDL? */
bool maildir_name_is_legal_uidl(const char *base, size_t base_length);
/* For base names that are no legal UIDL. */
void maildir_name_format_digest(const struct restante_host *host, const char *base, size_t base_length,
                                char uidl[RESTANTE_UIDL_MAX + 1]);
/* A base name, and so a UIDL, of its own for a file whose base name another file has too. */
void maildir_name_format_twin(const struct restante_host *host, const char *base,
                              const struct maildir_message *message, uint64_t attempt,
                              char twin[RESTANTE_UIDL_MAX + 1]);
/* The name with the flag S. False when it has it or is not to be touched. */
bool maildir_name_format_seen(const char *name, char seen[MAILDIR_NAME_MAX + 1]);

/* --- the open maildrop ------------------------------------------------------------------------------------------ */

struct maildir_driver {
    const struct restante_host *host;
    bool marks_seen;
};

/* A folder's identity and times; all zero when there is none. Part of the cache file. */
struct maildir_stamp {
    uint64_t inode;
    int64_t mtime_s, mtime_ns, ctime_s, ctime_ns;
};

enum maildir_step { /* of open, in this order */
    MAILDIR_LOAD_CACHE = 0,
    MAILDIR_LIST,
    MAILDIR_JOIN,
    MAILDIR_MEASURE,
    MAILDIR_DROP_GONE,
    MAILDIR_FIND_TWINS,
    MAILDIR_RENAME_TWINS,
    MAILDIR_DROP_ALIASES,
    MAILDIR_SORT_TWINS,
    MAILDIR_NAME_UIDLS,
    MAILDIR_SAVE_CACHE,
    MAILDIR_IS_OPEN,
};

struct maildir_sort { /* a list being sorted (maildir_sort.c); zeroed: not begun */
    struct maildir_message *spare;
    size_t width;              /* of the runs that are in order; 0: runs are being made */
    size_t begin, middle, end; /* of the two that are being merged */
    size_t left, right, out;   /* how far that is */
};

struct maildir_listing { /* folders being read into `list` */
    struct maildir_list list;
    struct maildir_stamp stamps[MAILDIR_FOLDERS]; /* before the first folder was read */
    int64_t began_s;
    enum maildir_folder folder;
    DIR *stream;
    struct maildir_sort sort; /* once all folders are read */
    unsigned repeats;
    bool reports_odd;
};

struct maildir_loading { /* the cache being read */
    int fd;
    char *block;
    size_t length, read, done; /* octets of the file; in the block; summed up */
    uint64_t sum;
    bool is_read; /* and its sum is right: records are being checked */
};

struct maildir_saving { /* the cache being written */
    int fd;
    bool is_begun;
    size_t records, text_octets; /* written so far */
    uint64_t sum;
};

struct maildir_finding { /* names being brought up to date */
    struct maildir_listing listing;
    size_t cursor;
    bool is_begun, is_listed;
};

struct maildir_sizing { /* the message being read for its size */
    int fd;
    struct restante_octet_count count;
};

struct maildir_correction {
    size_t index;
    uint64_t octets;
};

struct maildir_commit {
    unsigned round;
    size_t next, missing, left;
    size_t removed_count;
    uint64_t removed_octets; /* stored ones, for the quota */
    bool is_finding; /* names are being brought up to date for the next round */
    bool is_touched[MAILDIR_FOLDERS];
    struct restante_error error; /* the first failure */
};

struct maildir {
    const struct maildir_driver *driver;
    const struct restante_host *host;
    char *path, *user;
    int state_fd;
    bool is_read_only;
    int root, folders[MAILDIR_FOLDERS]; /* -1: not there */

    struct maildir_list list;
    struct maildir_stamp stamps[MAILDIR_FOLDERS]; /* of the folders when the list was made */
    bool is_proven; /* the folders were quiet for so long that equal stamps mean an equal list */

    enum maildir_step step;
    int64_t step_ends_ms, opened_s;
    struct maildir_list cached;
    bool is_cached_equal; /* the cache holds exactly this list */
    struct maildir_listing listing;
    struct maildir_loading loading;
    struct maildir_saving saving;
    struct maildir_finding finding;
    struct maildir_stamp found_stamps[MAILDIR_FOLDERS]; /* of the folders when they were last looked through again */
    struct maildir_sort sort;
    struct maildir_sizing sizing;
    size_t cursor, kept; /* of the step that is going on; both 0 when it begins */
    bool has_twins;
    unsigned odd_count;
    char *buffer; /* MAILDIR_BUFFER_OCTETS, made when needed */

    struct maildir_correction *corrections;
    size_t corrections_count, corrections_capacity;
    struct maildir_commit commit;
    unsigned appended_count;
};

/* maildir_maildrop.c: life and small change */
void maildir_step_begin(struct maildir *maildir);
bool maildir_step_is_over(const struct maildir *maildir);
enum restante_status maildir_open(void *driver, const struct restante_maildrop_request *request, void **maildrop,
                                  struct restante_error *error);
void maildir_close(void **maildrop);
enum restante_status maildir_out_of_memory(const struct maildir *maildir, struct restante_error *error);
bool maildir_make_buffer(struct maildir *maildir);
size_t maildir_count(const void *maildrop);
enum restante_status maildir_stat(const void *maildrop, size_t index, struct restante_message *message,
                                  struct restante_error *error);
void maildir_correct(void *maildrop, size_t index, uint64_t octets);

/* maildir_folder.c: the root, new/ and cur/ */
const char *maildir_folder_name(enum maildir_folder folder);
/* A maildrop that does not exist leaves root at -1. */
enum restante_status maildir_folder_open_root(struct maildir *maildir, struct restante_error *error);
/* A folder that does not exist is left at -1. */
enum restante_status maildir_folder_open(struct maildir *maildir, enum maildir_folder folder,
                                         struct restante_error *error);
/* Open it, making it first where it is missing. */
enum restante_status maildir_folder_make(struct maildir *maildir, enum maildir_folder folder,
                                         struct restante_error *error);
enum restante_status maildir_folder_make_root(struct maildir *maildir, struct restante_error *error);
void maildir_folder_stamp(const struct maildir *maildir, struct maildir_stamp stamps[MAILDIR_FOLDERS]);
bool maildir_folder_is_proven(const struct maildir_stamp stamps[MAILDIR_FOLDERS], int64_t seen_s);

/* maildir_sort.c: RESTANTE_AGAIN until the list is in the order of delivery */
enum restante_status maildir_sort_step(struct maildir *maildir, struct maildir_list *list, struct maildir_sort *sort,
                                       struct restante_error *error);
void maildir_sort_end(struct maildir_sort *sort);

/* maildir_listing.c: names of both folders, again when they changed meanwhile */
enum restante_status maildir_listing_step(struct maildir *maildir, struct maildir_listing *listing,
                                          struct restante_error *error);
void maildir_listing_end(struct maildir_listing *listing);

/* maildir_scan.c: from names to messages */
enum restante_status maildir_scan_step(struct maildir *maildir, struct restante_error *error);
/* One log line for an entry that is no message; a bounded number of them. */
void maildir_scan_report(struct maildir *maildir, enum maildir_folder folder, const char *name, const char *why);
/* maildir_twin.c: one file with two names, two files with one base name. Found, named anew, in steps of open. */
enum restante_status maildir_twin_find(struct maildir *maildir, struct restante_error *error);
enum restante_status maildir_twin_rename(struct maildir *maildir, struct restante_error *error);

/* maildir_size.c: size, time and octets of one message; RESTANTE_AGAIN while reading it */
enum restante_status maildir_size_measure(struct maildir *maildir, struct maildir_message *message,
                                          struct restante_error *error);

/* maildir_cache.c: all in steps */
/* RESTANTE_OK: maildir->cached, *stamps and *is_proven are as they were saved; RESTANTE_END: no usable cache. */
enum restante_status maildir_cache_load(struct maildir *maildir, struct maildir_stamp stamps[MAILDIR_FOLDERS],
                                        bool *is_proven);
enum restante_status maildir_cache_save(struct maildir *maildir);
/* The running sum of a cache file's parts: its records, its text (in parts of MAILDIR_CACHE_PART), its header. */
#define MAILDIR_CACHE_PART ((size_t)256 * 1024)
uint64_t maildir_cache_sum(const struct restante_host *host, uint64_t sum, const void *part, size_t length);
/* What is half read or half written is given up. */
void maildir_cache_end(struct maildir *maildir);

/* maildir_find.c: messages that were renamed while the maildrop is open */
/* Bring every message's name up to date; in steps. */
enum restante_status maildir_find_step(struct maildir *maildir, struct restante_error *error);
/* The same in one go, unless nothing has changed since the last time. */
enum restante_status maildir_find_now(struct maildir *maildir, struct restante_error *error);
void maildir_find_end(struct maildir *maildir);
/* Do these facts describe the message's file? */
bool maildir_find_is_same(const struct maildir_message *message, const struct stat *facts);

/* maildir_read.c */
enum restante_status maildir_read_open(void *maildrop, size_t index, void **reader, struct restante_error *error);
enum restante_status maildir_read(void *reader, void *buffer, size_t capacity, size_t *length,
                                  struct restante_error *error);
void maildir_read_close(void **reader);

/* maildir_commit.c, maildir_quota.c, maildir_append.c */
enum restante_status maildir_commit(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                    struct restante_error *error);
/* Add a line to maildirsize, where there is one: what was added or (negative) removed. */
void maildir_quota_add(const struct maildir *maildir, int64_t octets, int64_t count);
enum restante_status maildir_append(void *maildrop, restante_source source, void *context, int64_t delivered_s,
                                    char uidl[RESTANTE_UIDL_MAX + 1], struct restante_error *error);

#endif
