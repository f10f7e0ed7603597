/*
 * master/policy_command.h - `restante policy check` and `restante policy test`: files that a policy room looks at.
 */
#ifndef MASTER_POLICY_COMMAND_H
#define MASTER_POLICY_COMMAND_H

/* argv[0] is "policy". Returns the exit status: 0 when nothing is wrong. */
int policy_command(int argc, char **argv);

#endif
