/*
 * admin/passwd.h - `restante passwd`: a password to what stands in a passwd file.
 */
#ifndef ADMIN_PASSWD_H
#define ADMIN_PASSWD_H

#include <stddef.h>

#define ADMIN_PASSWD_HASH_MAX 511

/* `restante passwd [-s SCHEME]`; argv[0] is the command's name. Returns the exit status. */
int admin_passwd(int argc, char **argv);

/*
 * "{SCHEME}hash" of a secret with a new salt; *why is then NULL. Else *why is a constant sentence and `to` is empty.
 * `scheme` is one of SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT, YESCRYPT.
 */
void admin_passwd_hash(char to[ADMIN_PASSWD_HASH_MAX + 1], const char *scheme, const char *secret, const char **why);

#endif
