#include "master/maintain_commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/table_print.h"
#include "master/maintain_options.h"
#include "master/maintain_tell.h"
#include "master/master.h"

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
    static const struct maintain_output output = {.rows = maintain_tell_no_rows, .done = forget_done};
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

/* --- journal --------------------------------------------------------------------------------------------------- */

static const struct table_column journal_columns[] = {{"TIME", false},  {"USER", false},      {"WHAT", false},
                                                      {"PEER", false},  {"UIDL", false},      {"OCTETS", true},
                                                      {"MESSAGE-ID", false}, {"WHY", false}};
static const struct table_column peer_columns[] = {{"USER", false},     {"PEER", false},  {"REMOVED", true},
                                                   {"OCTETS", true},    {"SET ASIDE", true}, {"HIDDEN", true},
                                                   {"FIRST", false},    {"LAST", false}};

struct journal_tell {
    struct maintain_tell tell; /* the first: what is said of failures is said of all commands alike */
    struct table table;
    bool is_json;
};

static void journal_rows(void *context, const char *user, const char *cells, size_t length)
{
    struct journal_tell *journal = context;
    (void)user;
    if (!journal->is_json) {
        table_print(&journal->table, cells, length);
        return;
    }
    for (const char *line = cells; line < cells + length; line += strlen(line) + 1) {
        table_print_text(stdout, line);
        putchar('\n');
    }
}

static void journal_done(void *context, const char *user, const struct message_task_done *done)
{
    if (maintain_tell_outcome(context, user, done) && done->note[0])
        maintain_tell_note(user, done->note);
}

int command_journal(int argc, char **argv)
{
    static const struct maintain_output output = {.rows = journal_rows, .done = journal_done};
    static const unsigned allowed = OPTION_SINCE | OPTION_BY_PEER | OPTION_JSON;
    struct maintain_options options;
    if (!maintain_options_parse(argc, argv, allowed, &options))
        return MASTER_EXIT_USAGE;
    if (options.arguments_count > 1 || (options.arguments_count == 1 && !maintain_options_is_user(options.arguments[0])))
        return maintain_options_wrong(argv[0], "journal takes the name of one user, or none: then it is that of all");
    bool is_json = (options.given & OPTION_JSON) != 0, is_by_peer = (options.given & OPTION_BY_PEER) != 0;
    struct journal_tell journal = {
        .table = {.out = stdout, .columns = is_by_peer ? peer_columns : journal_columns, .count = 8},
        .is_json = is_json,
    };
    struct buf arguments = {0};
    maintain_options_add(&arguments, is_json ? "json" : NULL);
    maintain_options_add(&arguments, is_by_peer ? "by-peer" : NULL);
    struct maintain_plan plan = {
        .file = options.file,
        .user = options.arguments_count == 1 ? options.arguments[0] : NULL,
        .order = {.kind = TASK_JOURNAL,
                  .since_s = options.since_s,
                  .arguments = buf_head(&arguments),
                  .arguments_length = buf_length(&arguments)},
        .output = &output,
        .context = &journal,
    };
    int status = maintain_tell_status(&journal.tell, maintain_run(&plan));
    buf_free(&arguments);
    return status;
}
