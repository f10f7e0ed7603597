/*
 * frontend/tls_reason.h - why OpenSSL refused, for a log line.
 */
#ifndef FRONTEND_TLS_REASON_H
#define FRONTEND_TLS_REASON_H

/* The most telling text of OpenSSL's error queue, which is emptied. Static; never NULL. */
const char *tls_reason(void);

#endif
