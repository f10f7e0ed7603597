#include "master/maintain_commands.h"

#include <inttypes.h>
#include <stdio.h>

#include "admin/table_print.h"
#include "master/maintain_options.h"
#include "master/maintain_tell.h"
#include "master/master.h"

static void ignore_rows(void *context, const char *user, const char *cells, size_t length)
{
    (void)context;
    (void)user;
    (void)cells;
    (void)length;
}

/* --- forget ---------------------------------------------------------------------------------------------------- */

static void forget_done(void *context, const char *user, const struct message_task_done *done)
{
    if (!maintain_tell_outcome(context, user, done))
        return;
    table_print_text(stdout, user);
    if (done->counts.done > 0)
        printf(": forgotten (%" PRIu64 " files)\n", done->counts.done);
    else
        puts(": nothing was known of this maildrop");
    if (done->note[0])
        maintain_tell_note(user, done->note);
}

int command_forget(int argc, char **argv)
{
    static const struct maintain_output output = {.rows = ignore_rows, .done = forget_done};
    struct maintain_options options;
    struct maintain_tell tell = {0};
    if (!maintain_options_parse(argc, argv, OPTION_FORCE, &options))
        return MASTER_EXIT_USAGE;
    if (options.arguments_count != 1 || !maintain_options_is_user(options.arguments[0]))
        return maintain_options_wrong(argv[0], "forget takes the name of one user");
    struct maintain_plan plan = {
        .file = options.file,
        .user = options.arguments[0],
        .order = {.kind = TASK_FORGET, .is_forced = (options.given & OPTION_FORCE) != 0},
        .output = &output,
        .context = &tell,
    };
    return maintain_tell_status(&tell, maintain_run(&plan));
}
