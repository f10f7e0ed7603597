/*
 * policy/text.h - texts that policies have made, cleaned for clients, log and journal.
 */
#ifndef POLICY_TEXT_H
#define POLICY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Printable ASCII, anything else as '?'; cut to fit, and `from` ends at its NUL or after `length` octets. */
void policy_text_clean(char *to, size_t capacity, const char *from, size_t length);

/* A response code (RFC 2449 section 8) of 1 to length - 1 octets: capitals, digits, '/' and '-'? Empty is none. */
bool policy_text_is_code(const char *code, size_t length);

#endif
