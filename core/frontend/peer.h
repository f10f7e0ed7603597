/*
 * frontend/peer.h - the address at the other end, small enough for ten thousand of them.
 */
#ifndef FRONTEND_PEER_H
#define FRONTEND_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct peer {
    uint8_t octets[16]; /* IPv4 in the first four */
    bool is_ipv4;       /* also for ::ffff:a.b.c.d, which is the same client */
};

void peer_set(struct peer *peer, const struct sockaddr *address);
/* From 4 octets, or from 16. */
void peer_set_octets(struct peer *peer, const uint8_t *octets, bool is_ipv4);
/* As text without port; `to` holds MESSAGE_PEER_MAX + 1. */
void peer_format(const struct peer *peer, char *to, size_t capacity);
/* This machine: 127.0.0.0/8 or ::1. */
bool peer_is_loopback(const struct peer *peer);

#endif
