#include <stdio.h>

#include "admin/table_print.h"
#include "master/maintain_commands.h"
#include "master/maintain_options.h"
#include "master/maintain_tell.h"
#include "master/master.h"
#include "util/clock.h"

static const struct table_column explain_columns[] = {
    {"NO", true},      {"UIDL", false}, {"OCTETS", true}, {"AGE", true},  {"IS", false},
    {"BECOMES", false}, {"WHEN", false}, {"BY", false},    {"WHY", false}, {"ONCE FETCHED", false},
};

struct explain_tell {
    struct maintain_tell tell; /* the first: what is said of failures is said of all commands alike */
    struct table table;
};

static void explain_rows(void *context, const char *user, const char *cells, size_t length)
{
    struct explain_tell *explain = context;
    (void)user;
    table_print(&explain->table, cells, length);
}

static void explain_done(void *context, const char *user, const struct message_task_done *done)
{
    struct explain_tell *explain = context;
    if (!maintain_tell_outcome(&explain->tell, user, done))
        return;
    if (done->counts.messages == 0) {
        table_print_text(stdout, user);
        puts(": no messages");
    }
    if (done->note[0])
        maintain_tell_note(user, done->note);
}

/* Anything that is wrong with what was asked for; NULL: nothing. */
static const char *explain_fault(const struct maintain_options *options)
{
    if (options->arguments_count != 1 || !maintain_options_is_user(options->arguments[0]))
        return "policy explain takes the name of one user";
    if ((options->given & OPTION_AT) && options->at_s < clock_now_s())
        return "--at is for times to come";
    return NULL;
}

int command_explain(int argc, char **argv)
{
    static const struct maintain_output output = {.rows = explain_rows, .done = explain_done};
    struct maintain_options options;
    if (!maintain_options_parse(argc, argv, OPTION_AT, &options))
        return MASTER_EXIT_USAGE;
    const char *fault = explain_fault(&options);
    if (fault)
        return maintain_options_wrong(argv[0], fault);
    struct explain_tell explain = {.table = {.out = stdout,
                                             .columns = explain_columns,
                                             .count = sizeof(explain_columns) / sizeof(explain_columns[0])}};
    struct maintain_plan plan = {
        .file = options.file,
        .user = options.arguments[0],
        .order = {.kind = TASK_EXPLAIN, .at_s = options.at_s},
        .clock = MAINTAIN_CLOCK_LOOK,
        .output = &output,
        .context = &explain,
    };
    return maintain_tell_status(&explain.tell, maintain_run(&plan));
}
