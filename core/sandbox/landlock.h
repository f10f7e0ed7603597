/*
 * sandbox/landlock.h - Landlock: which files, TCP ports and other processes a room can reach at all, whatever its
 * identity permits. What this kernel's Landlock has is asked for once; newer rights are left out on older kernels.
 */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include <restante/module.h>

/* Below ABI 2 mail could not be moved from one folder to another (LANDLOCK_ACCESS_FS_REFER). */
enum { LANDLOCK_ABI_MIN = 2, LANDLOCK_ABI_NETWORK = 4, LANDLOCK_ABI_SCOPES = 6 };

enum landlock_files {
    LANDLOCK_FILES_NONE = 0,  /* nothing but what `paths` permit */
    LANDLOCK_FILES_NO_EXEC,   /* everything but programs, devices and sockets, for a parent whose children narrow it */
    LANDLOCK_FILES_NO_DEVICES, /* everything, but no devices are made */
};

enum landlock_right {
    LANDLOCK_READ = 0, /* files and folders */
    LANDLOCK_EXECUTE,  /* and programs */
    LANDLOCK_CHANGE,   /* read, write, make and remove files and folders; move them among such paths */
};

struct landlock_path {
    const char *path; /* a file or folder; a folder with all that is below it. One that is not there permits nothing */
    enum landlock_right right;
};

struct landlock_plan {
    enum landlock_files files;
    const struct landlock_path *paths;
    size_t paths_count;
    bool can_connect; /* by TCP, and to abstract Unix sockets */
};

/* The version of Landlock in this kernel; 0: it has none. */
int landlock_abi(void);
/* Restrict this process, for good. Restrictions add up. Needs no_new_privs, and landlock_abi() >= LANDLOCK_ABI_MIN. */
enum restante_status landlock_restrict(const struct landlock_plan *plan, struct restante_error *error);

#endif
