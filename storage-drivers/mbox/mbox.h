/*
 * mbox/mbox.h - what the files of the mbox driver share.
 *
 * A mailbox is one file: messages one behind the other, each begun by a line "From " that follows a blank line. That
 * blank line belongs to the format, not to the message before it. An open maildrop is the list of messages that a scan
 * found, each with its place in the file and a digest of what it holds: bytes are given to a client, and removed, only
 * when they still are what the digest says.
 */
#ifndef MBOX_MBOX_H
#define MBOX_MBOX_H

#include <sys/stat.h>

#include <restante/storage.h>

#include "mbox/mbox_digest.h"
#include "mbox/mbox_journal.h"
#include "mbox/mbox_quote.h"
#include "mbox/mbox_split.h"

#define MBOX_BUFFER_OCTETS ((size_t)128 * 1024)
#define MBOX_LOCKS_MAX 3

enum mbox_lock { MBOX_LOCK_FCNTL = 0, MBOX_LOCK_FLOCK, MBOX_LOCK_DOTLOCK };

struct mbox_driver {
    const struct restante_host *host;
    enum mbox_lock locks[MBOX_LOCKS_MAX]; /* in the order in which they are taken */
    size_t locks_count;
    int64_t lock_timeout_ms;
    enum mbox_quoting quoting;
    int64_t x_uidl_before_s; /* X-UIDL of mail delivered before this time is its UIDL; 0: never */
    size_t window_octets;    /* how much a removal moves at a time */
};

/* struct mbox_message: state */
#define MBOX_X_UIDL 0x01u   /* `text` holds the UIDL that another server gave */
#define MBOX_INTERNAL 0x02u /* c-client's own record, no mail: hidden, and never removed */

/* One message; the cache file holds the same records. */
struct mbox_message {
    uint64_t offset; /* of its "From " line */
    uint64_t start;  /* of what is stored of the message itself */
    uint64_t end;    /* behind it: here is the blank line that the format wants, or the end of the file */
    uint64_t octets; /* on the wire */
    uint8_t digest[MBOX_DIGEST_OCTETS];
    uint32_t copy; /* which of several messages with this digest, from 1; found anew at each open */
    uint32_t state;
    char text[RESTANTE_UIDL_MAX + 2]; /* MBOX_X_UIDL */
};

/* What tells whether a file is the one that was scanned. Part of the cache file. */
struct mbox_stamp {
    uint64_t device, inode, size;
    int64_t mtime_s, mtime_ns, ctime_s, ctime_ns;
};

enum mbox_step { /* of open, in this order */
    MBOX_FIND = 0,
    MBOX_LOCK,
    MBOX_RECOVER,
    MBOX_BEGIN_SCAN,
    MBOX_SCAN,
    MBOX_NAME, /* UIDLs */
    MBOX_IS_OPEN,
};

struct mbox_list {
    struct mbox_message *messages;
    size_t count, capacity;
};

/* Reading a stretch of the file into messages: for the list, and again to see that nothing has changed. */
struct mbox_scan {
    struct mbox_split split;
    struct mbox_digest digest;
    struct mbox_quote unquote;
    struct restante_octet_count octets;
    struct mbox_message message; /* being read */
    bool has_message;
    uint64_t offset, end; /* the next octet to read, and where to stop */
    size_t kept;          /* octets at the start of the buffer that the splitter has not taken */
    char *buffer, *plain; /* of MBOX_BUFFER_OCTETS and a little more; made by mbox_scan_begin */
    /* Told of each message; RESTANTE_OK to go on. */
    enum restante_status (*found)(void *context, const struct mbox_message *message, struct restante_error *error);
    void *context;
};

struct mbox_correction {
    size_t index; /* of the list */
    uint64_t octets;
};

enum mbox_commit_step { MBOX_COMMIT_BEGIN = 0, MBOX_COMMIT_LOCK, MBOX_COMMIT_VERIFY, MBOX_COMMIT_PLAN, MBOX_COMMIT_MOVE, MBOX_COMMIT_END };

struct mbox {
    const struct mbox_driver *driver;
    const struct restante_host *host;
    char *path, *user;
    const char *name; /* the last component of the path */
    int state_fd;
    struct restante_ledger *ledger;
    bool is_read_only;

    int folder, fd; /* -1: not open; without fd there is no such file, and no mail */
    bool is_writable;
    int dotlock;       /* descriptor of the lock file that is ours; -1: none */
    size_t locks_held; /* of driver->locks */
    int64_t lock_deadline_ms; /* 0: nobody waits */

    enum mbox_step step;
    int64_t step_ends_ms;
    struct mbox_list list, appended; /* appended: by us, while this maildrop is open; digests and copies alone */
    size_t hidden; /* 1 when the first message is MBOX_INTERNAL */
    struct mbox_stamp stamp; /* when the list was made */
    bool is_proven;          /* the file was quiet for so long that an equal stamp means equal content */
    bool is_cached_equal;    /* the cache holds exactly this list */
    bool is_suspect;         /* content was not what the list says: the cache must not be believed again */
    struct mbox_scan scan;
    struct mbox_correction *corrections; /* wait until the maildrop closes */
    size_t corrections_count, corrections_capacity;

    struct {
        enum mbox_commit_step step;
        size_t first, checked; /* of the list */
        struct timespec times[2]; /* of the file before we touched it */
    } commit;
    struct mbox_journal *journal;
};

/* --- mbox_maildrop.c: life and small change ------------------------------------------------------------------ */

void mbox_step_begin(struct mbox *mbox);
bool mbox_step_is_over(const struct mbox *mbox);
enum restante_status mbox_out_of_memory(const struct mbox *mbox, struct restante_error *error);
enum restante_status mbox_open(void *driver, const struct restante_maildrop_request *request, void **maildrop,
                               struct restante_error *error);
size_t mbox_count(const void *maildrop);
enum restante_status mbox_stat(const void *maildrop, size_t index, struct restante_message *facts,
                               struct restante_error *error);
void mbox_correct(void *maildrop, size_t index, uint64_t octets);
/* Into the list; the caller saves the cache. */
void mbox_apply_corrections(struct mbox *mbox);
void mbox_close(void **maildrop);

/* --- mbox_file.c: the file, its folder and its identity ------------------------------------------------------ */

/* Open folder and file. A file that does not exist leaves fd at -1; its folder must exist. */
enum restante_status mbox_file_open(struct mbox *mbox, struct restante_error *error);
/* Is what is open still what the name means? False also when the name means nothing any more. */
bool mbox_file_is_current(const struct mbox *mbox);
enum restante_status mbox_file_stamp(const struct mbox *mbox, struct mbox_stamp *stamp, struct restante_error *error);
bool mbox_file_is_same(const struct mbox_stamp *a, const struct mbox_stamp *b);
/* Was the last change so long before `now_s` that another one would have another time? */
bool mbox_file_is_quiet(const struct mbox_stamp *stamp, int64_t now_s);
/* All of `length` octets; false with errno, which is 0 when the file ends before. */
bool mbox_file_read(int fd, void *data, size_t length, uint64_t offset);
bool mbox_file_write(int fd, const void *data, size_t length, uint64_t offset);
/* Likewise; *written tells how many octets arrived in any case. */
bool mbox_file_put(int fd, const void *data, size_t length, uint64_t offset, size_t *written);
/* Is there a line "From "? */
bool mbox_file_begins_message(const struct mbox *mbox, uint64_t offset);
/* Behind the blank lines at `offset` that a message or `end`, the end of the file, follows; otherwise `offset`. */
uint64_t mbox_file_skip_blank(const struct mbox *mbox, uint64_t offset, uint64_t end);

/* --- mbox_lock.c: the locks that deliverers take too --------------------------------------------------------- */

/*
 * Take all of the driver's locks. RESTANTE_WAIT while somebody else holds one (then none is held), RESTANTE_IN_USE
 * after lock_timeout of that.
 */
enum restante_status mbox_lock_take(struct mbox *mbox, struct restante_error *error);
void mbox_lock_release(struct mbox *mbox);

/* --- mbox_scan.c --------------------------------------------------------------------------------------------- */

bool mbox_scan_begin(struct mbox *mbox, struct mbox_scan *scan, uint64_t offset, uint64_t end);
/* RESTANTE_AGAIN: there is more. */
enum restante_status mbox_scan_step(struct mbox *mbox, struct mbox_scan *scan, struct restante_error *error);
void mbox_scan_end(struct mbox_scan *scan);

/* --- mbox_list.c --------------------------------------------------------------------------------------------- */

bool mbox_list_add(struct mbox_list *list, const struct mbox_message *message);
void mbox_list_free(struct mbox_list *list);
/* Where the next message, or the end of what was scanned, begins. */
uint64_t mbox_list_next_offset(const struct mbox *mbox, size_t index);

/* --- mbox_uidl.c --------------------------------------------------------------------------------------------- */

/* Tell copies apart, by what the ledger knows of earlier sessions. */
enum restante_status mbox_uidl_assign(struct mbox *mbox, struct restante_error *error);
void mbox_uidl_format(const struct mbox_message *message, char uidl[RESTANTE_UIDL_MAX + 1]);
/* The number of one more message with this digest. */
uint32_t mbox_uidl_next_copy(const struct mbox *mbox, const uint8_t digest[MBOX_DIGEST_OCTETS]);

/* --- mbox_cache.c -------------------------------------------------------------------------------------------- */

/*
 * The list as it was when the cache was saved, as far as the file still begins with it: *stamp is the file's then.
 * False: there is no usable cache, the list is empty.
 */
bool mbox_cache_load(struct mbox *mbox, struct mbox_stamp *stamp);
void mbox_cache_save(struct mbox *mbox);
void mbox_cache_drop(const struct mbox *mbox);

/* --- mbox_read.c, mbox_commit.c, mbox_append.c ------------------------------------------------ */

enum restante_status mbox_read_open(void *maildrop, size_t index, void **reader, struct restante_error *error);
enum restante_status mbox_read(void *reader, void *buffer, size_t capacity, size_t *length,
                               struct restante_error *error);
void mbox_read_close(void **reader);

enum restante_status mbox_commit(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                 struct restante_error *error);

enum restante_status mbox_append(void *maildrop, restante_source source, void *context, int64_t delivered_s,
                                 char uidl[RESTANTE_UIDL_MAX + 1], struct restante_error *error);

#endif
