/*
 * master/tls_files.h - certificates and keys as octets, read while the master may. The master parses nothing of them:
 * a frontend says whether they are good (FRAME_TLS_PAIR_TRIED).
 */
#ifndef MASTER_TLS_FILES_H
#define MASTER_TLS_FILES_H

#include <sys/types.h>
#include <time.h>

#include "master/generation.h"

enum { TLS_CERTIFICATE = 0, TLS_KEY, TLS_PAIR_FILES };

/* By which a changed file is known: whoever writes it anew, renames or links it changes one of these. */
struct tls_stamp {
    bool is_there;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

/* The octets of a pair's two files. */
struct tls_octets {
    char *data[TLS_PAIR_FILES];
    size_t length[TLS_PAIR_FILES];
};

struct tls_file_pair {
    const char *path[TLS_PAIR_FILES]; /* the configuration's */
    char setting[TLS_PAIR_FILES][48];
    struct tls_octets octets;                 /* in force */
    struct tls_stamp read[TLS_PAIR_FILES];    /* of the files as they were last read */
    struct tls_stamp noticed[TLS_PAIR_FILES]; /* as they were last looked at */
    struct tls_octets candidate;              /* being tried; empty: none */
    uint32_t tried_by;                        /* the frontend's room id; 0: none */
    int64_t starts_s, expires_s;              /* of the certificate in force; 0: not known yet */
    int64_t warned_s;                         /* of its end; 0: never */
};

struct tls_files {
    struct generation *generation;
    struct tls_file_pair *pairs; /* tls.certificate and tls.key, then those of tls.sni */
    size_t count;
    struct event *look;
};

/* Read the pairs that are set; faults. */
void tls_files_open(struct generation *generation);
/* Send one pair to a frontend: the candidate, or what is in force. */
void tls_files_send(size_t index, const struct tls_octets *octets, struct master_slot *slot);
/* Send all that are in force to a frontend. */
void tls_files_send_all(const struct tls_files *files, struct master_slot *slot);
void tls_files_close(struct generation *generation);

struct tls_stamp tls_files_stamp(const char *path);
/*
 * Read both files of a pair, with the stamps of what was read. False with a sentence that names setting and file:
 * nothing has been read.
 */
bool tls_files_read(struct tls_file_pair *pair, struct tls_octets *octets, char *why, size_t capacity);
void tls_octets_wipe(struct tls_octets *octets);

#endif
