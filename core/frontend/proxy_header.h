/*
 * frontend/proxy_header.h - the PROXY protocol's header, versions 1 and 2: a pure function over the octets that have
 * arrived so far. The format is HAProxy's doc/proxy-protocol.txt; what a receiver must not guess is not guessed.
 */
#ifndef FRONTEND_PROXY_HEADER_H
#define FRONTEND_PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "frontend/peer.h"

/*
 * The longest header that is accepted. Version 1 ends within 107 octets by itself; version 2 may announce 65,551, of
 * which addresses and the extensions in use take a few hundred.
 */
#define PROXY_HEADER_MAX 2048

enum proxy_result {
    PROXY_MORE, /* a good beginning */
    PROXY_DONE,
    PROXY_MALFORMED,
};

struct proxy_header {
    bool has_client; /* false: UNKNOWN, LOCAL or an address that is none of TCP's: the proxy speaks for itself */
    struct peer client;
    size_t length;   /* after PROXY_DONE: octets of the header; what follows is the client's */
    const char *why; /* after PROXY_MALFORMED: static text for the log */
};

/* Called again with more after PROXY_MORE, from the first octet on. Never PROXY_MORE at PROXY_HEADER_MAX octets. */
enum proxy_result proxy_header_parse(const void *data, size_t length, struct proxy_header *header);

#endif
