/*
 * tests/drivers/kit_host.h - a host table for testing drivers, independent of the core: octets are counted byte by
 * byte, clocks are the test's, log lines are kept.
 */
#ifndef KIT_HOST_H
#define KIT_HOST_H

#include <restante/module.h>

extern const struct restante_host kit_host;

/* Added to the wall clock that drivers see. */
extern int64_t kit_host_ahead_s;
/* How far the monotonic clock jumps at each look at it; with 100 every bounded step ends at once. */
extern int64_t kit_host_tick_ms;

/* Log lines since the last kit_host_forget_log, at `level` or above, and the text of all. */
unsigned kit_host_logged(enum restante_level level);
const char *kit_host_log_text(void);
void kit_host_forget_log(void);

/* Stored bytes to wire octets, one by one: the count every driver is held to. `to` may be NULL. */
uint64_t kit_host_convert(const char *stored, size_t length, char *to);

#endif
