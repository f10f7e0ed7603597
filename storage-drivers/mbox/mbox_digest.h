/*
 * mbox/mbox_digest.h - what a message is known by: a digest of its "From " line, its header lines but for those that
 * mail programs change, and its body. SHA-256 over the head, XXH3 over the body: the head holds what the delivering
 * servers added, which no sender can choose.
 */
#ifndef MBOX_MBOX_DIGEST_H
#define MBOX_MBOX_DIGEST_H

#include <sha2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#define MBOX_DIGEST_OCTETS 16
#define MBOX_DIGEST_NAME_MAX 16 /* longer names of header fields are none of those that matter */
#define MBOX_DIGEST_VALUE_MAX 80

struct mbox_digest {
    SHA2_CTX head;
    XXH3_state_t *body; /* NULL until begun; mbox_digest_free */
    enum { MBOX_DIGEST_FROM = 0, MBOX_DIGEST_NAME, MBOX_DIGEST_VALUE, MBOX_DIGEST_BODY } part;
    bool is_left_out; /* the field at hand */
    char name[MBOX_DIGEST_NAME_MAX + 1];
    size_t name_length;
    /* Learnt on the way, each cut to what fits: */
    char from_line[MBOX_DIGEST_VALUE_MAX + 1]; /* without its line end */
    size_t from_length;
    char x_uidl[MBOX_DIGEST_VALUE_MAX + 1];
    size_t x_uidl_length;
    char subject[MBOX_DIGEST_VALUE_MAX + 1];
    size_t subject_length;
    bool has_x_imap;
    char last; /* octet that was added */
    char *value; /* where the field's value goes; NULL: nowhere */
    size_t *value_length;
};

/* Zeroed before the first time. False: no memory. */
bool mbox_digest_begin(struct mbox_digest *digest);
/* Stored octets from the "From " line on, in pieces. */
void mbox_digest_add(struct mbox_digest *digest, const char *stored, size_t length);
/* Afterwards it may be begun again. */
void mbox_digest_end(struct mbox_digest *digest, uint8_t result[MBOX_DIGEST_OCTETS]);

void mbox_digest_free(struct mbox_digest *digest);

/* Of the message that was added: is it c-client's own record, which is no mail? */
bool mbox_digest_is_internal(const struct mbox_digest *digest);
/* The time in its "From " line, seconds since 1970; 0 when there is none that can be read. */
int64_t mbox_digest_from_time_s(const struct mbox_digest *digest);

#endif
