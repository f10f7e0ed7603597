/*
 * session/nursery_state.h - state directories: which one belongs to a maildrop, and whether it may be used.
 */
#ifndef SESSION_NURSERY_STATE_H
#define SESSION_NURSERY_STATE_H

#include <stdint.h>

#include <restante/module.h>

#define NURSERY_STATE_KEY_LENGTH 32

/*
 * The name of a maildrop's directory below the state root: lower-case hexadecimal of the first 16 octets of
 * SHA-256(driver NUL path). Two names for one maildrop share lock and ledger.
 */
void nursery_state_key(char key[NURSERY_STATE_KEY_LENGTH + 1], const char *driver, const char *path);

/*
 * May a session as `uid` use this directory? RESTANTE_END: there is none yet. RESTANTE_PERMANENT: it is no directory,
 * belongs to another uid, or others may enter it.
 */
enum restante_status nursery_state_check(const char *directory, uint32_t uid, struct restante_error *error);

/* Open it, checked again. *fd is for the caller to close. */
enum restante_status nursery_state_open(const char *directory, uint32_t uid, int *fd, struct restante_error *error);

#endif
