/*
 * master/maintain_commands.h - `restante COMMAND` for the mail of people who never log in: what is written on the
 * command line to an order, and what comes back to lines. Each takes its own arguments, argv[0] being the command, and
 * returns the exit status.
 */
#ifndef MASTER_MAINTAIN_COMMANDS_H
#define MASTER_MAINTAIN_COMMANDS_H

/* Some maildrops were in use and passed over; everything else went well. */
#define MAINTAIN_EXIT_IN_USE 75

/* `restante policy explain`; argv[0] is "explain". */
int command_explain(int argc, char **argv);
int command_expire(int argc, char **argv);
int command_forget(int argc, char **argv);
int command_held(int argc, char **argv);
int command_journal(int argc, char **argv);

#endif
