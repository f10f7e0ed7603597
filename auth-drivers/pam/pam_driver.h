/*
 * pam/pam_driver.h - the driver's state and operations; pam.c makes the module's descriptor of them.
 */
#ifndef PAM_PAM_DRIVER_H
#define PAM_PAM_DRIVER_H

#include <restante/auth.h>

#include "pam/pam_account.h"

enum {
    PAM_SETTING_SERVICE = 0,
    PAM_SETTING_DIRECTORY,
    PAM_SETTING_MINIMUM_UID,
    PAM_SETTING_SHELLS,
    PAM_SETTING_GROUPS,
    PAM_SETTING_COUNT
};

struct pam_driver {
    const struct restante_host *host;
    const char *service;
    const char *directory; /* of service files; NULL: the system's */
    struct account_rules rules;
    uint64_t listed; /* entries of the passwd database that a listing has passed */
};

extern const struct restante_setting pam_settings[PAM_SETTING_COUNT];
extern const struct restante_auth pam_operations;

#endif
