/*
 * session/nursery_policy.h - the policies of the configuration, loaded and started. In the nursery, before it is
 * confined: scripts and the lists that they name are read here and never again.
 */
#ifndef SESSION_NURSERY_POLICY_H
#define SESSION_NURSERY_POLICY_H

#include "policy/stack.h"
#include "room/modules_needs.h"

/* Zeroed: none. Written by the load alone; workers have it through the fork. */
struct nursery_policies {
    struct policy_stack stack; /* in the order of the configuration */
    struct room_module **modules; /* of each entry; several may be of the same shared object */
};

/* Load and start every policy; a fault for each that does not start. What the modules need is added to `needs`. */
void nursery_policy_load(struct room *room, struct nursery_policies *policies, struct modules_needs *needs,
                         struct faults *faults);
void nursery_policy_close(struct nursery_policies *policies);

#endif
