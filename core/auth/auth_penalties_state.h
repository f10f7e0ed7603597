/*
 * auth/auth_penalties_state.h - inside the penalties: shared by auth_penalties.c and auth_penalties_memory.c alone.
 */
#ifndef AUTH_AUTH_PENALTIES_STATE_H
#define AUTH_AUTH_PENALTIES_STATE_H

#include "auth/auth_penalties.h"

enum penalties_kind { PENALTIES_ADDRESSES = 0, PENALTIES_USERS, PENALTIES_PAIRS, PENALTIES_KINDS };

struct auth_penalties {
    struct auth_penalties_settings settings;
    struct auth_key_seed seed;
    struct auth_penalty_table *tables[PENALTIES_KINDS];
    TAILQ_HEAD(, auth_try) waiting; /* in the order of arrival */
    size_t waiting_count;
    uint32_t level_max; /* more failures would lengthen no pause */
};

#endif
