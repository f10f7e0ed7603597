/*
 * tests/drivers/kit_disk.h - calls that change files, counted, and stopped at one of them: for programs linked with
 * $(KIT_DISK_FLAGS), which lead every such call of the driver through here.
 */
#ifndef KIT_DISK_H
#define KIT_DISK_H

#include <stdbool.h>

enum kit_disk_fault {
    KIT_DISK_SOUND = 0, /* calls are counted */
    KIT_DISK_KILL,      /* from call `at` on nothing happens any more, as if the process had been killed in it: a write
                           there is done in part */
    KIT_DISK_POWER,     /* likewise, and of what was not made durable any part may be undone */
    KIT_DISK_ERROR,     /* call `at` fails */
    KIT_DISK_ERRORS,    /* call `at` and all after it fail */
};

/* `at` counts from 1. `seed` decides what is done in part. */
void kit_disk_arm(enum kit_disk_fault fault, unsigned at, int errno_value, unsigned seed);
/* From now on a loss of power also undoes what made files longer: they end earlier, or parts of it are zeros. */
void kit_disk_lose_tails(void);
/* How many calls there were since then; nothing is stopped any more. After KIT_DISK_POWER this is the crash. */
unsigned kit_disk_disarm(void);
/* Octets read since then. */
unsigned long kit_disk_read_octets(void);
/* Was the call reached? */
bool kit_disk_has_struck(void);
/* The name of the call that was stopped. */
const char *kit_disk_struck_call(void);

#endif
