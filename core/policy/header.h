/*
 * policy/header.h - one field of a message's header, for policies and the journal. Runs in a worker; the mail is
 * hostile: what is read and what is given are bounded, and the work grows with what is read and no faster.
 */
#ifndef POLICY_HEADER_H
#define POLICY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include <restante/module.h>

/* As much of a message is looked at, wherever its header ends. */
#define POLICY_HEADER_READ_MAX 65536
/* As much of a value is given (RFC 5322 section 2.1.1), and of a name. */
#define POLICY_HEADER_VALUE_MAX 998
#define POLICY_HEADER_NAME_MAX 76

/* How a message is read: as struct restante_storage has it. A length of 0 is the message's end. */
struct policy_mail {
    void *context;
    enum restante_status (*read_open)(void *context, size_t index, void **reader, struct restante_error *error);
    enum restante_status (*read)(void *context, void *reader, void *buffer, size_t capacity, size_t *length,
                                 struct restante_error *error);
    void (*read_close)(void *context, void **reader);
};

/*
 * The value of the first field of this name, whatever its case: unfolded, without white space around it, control
 * characters as '?', cut after POLICY_HEADER_VALUE_MAX octets. RESTANTE_END: there is none, or `name` is no field's
 * name; *value is then empty.
 */
enum restante_status policy_header_find(const struct policy_mail *mail, size_t index, const char *name,
                                        char value[POLICY_HEADER_VALUE_MAX + 1], struct restante_error *error);

#endif
