/*
 * The descriptor of the PAM driver. Its modules may fork, start helpers and ask directory servers, so its workers are
 * the least confined of all rooms; with pam_unix they keep root (auth[].run_as_root).
 */
#include "pam/pam_driver.h"

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_auth),
    .kind = RESTANTE_KIND_AUTH,
    .name = "pam",
    .summary = "system users, checked by PAM",
    .settings = pam_settings,
    .settings_count = PAM_SETTING_COUNT,
    .needs = RESTANTE_NEEDS_NETWORK | RESTANTE_NEEDS_EXEC,
    .operations = &pam_operations,
};
