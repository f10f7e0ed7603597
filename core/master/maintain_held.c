#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/table_print.h"
#include "master/maintain_commands.h"
#include "master/maintain_options.h"
#include "master/maintain_tell.h"
#include "master/master.h"

static const struct table_column held_columns[] = {{"UIDL", false},  {"OCTETS", true}, {"STATE", false},
                                                   {"SINCE", false}, {"UNTIL", false}, {"RULE", false}};

struct held_tell {
    struct maintain_tell tell; /* the first: what is said of failures is said of all commands alike */
    struct table table;
    const char *done; /* "restored" */
};

static void held_rows(void *context, const char *user, const char *cells, size_t length)
{
    struct held_tell *held = context;
    (void)user;
    table_print(&held->table, cells, length);
}

static void held_done(void *context, const char *user, const struct message_task_done *done)
{
    struct held_tell *held = context;
    if (!maintain_tell_outcome(&held->tell, user, done))
        return;
    if (held->done) {
        table_print_text(stdout, user);
        printf(": %" PRIu64 " messages %s (%" PRIu64 " octets)\n", done->counts.done, held->done,
               done->counts.done_octets);
    }
    if (done->note[0])
        maintain_tell_note(user, done->note);
}

/* NULL: there is none of this name. */
static const char *held_verb(const char *name, enum task_kind *kind)
{
    static const struct {
        const char *name;
        enum task_kind kind;
    } verbs[] = {{"list", TASK_HELD_LIST}, {"restore", TASK_HELD_RESTORE}, {"purge", TASK_HELD_PURGE}};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(name, verbs[i].name) == 0) {
            *kind = verbs[i].kind;
            return verbs[i].name;
        }
    }
    return NULL;
}

/* Anything that is wrong with what was asked for; NULL: nothing. */
static const char *held_fault(const struct maintain_options *options, enum task_kind *kind)
{
    bool is_all = (options->given & OPTION_ALL) != 0;
    if (options->arguments_count == 0 || !held_verb(options->arguments[0], kind))
        return "held takes one of list, restore and purge";
    if (options->arguments_count == 1 || !maintain_options_is_user(options->arguments[1]))
        return "held takes the name of one user";
    if (*kind == TASK_HELD_LIST)
        return is_all || options->arguments_count > 2 ? "held list takes the name of one user, and nothing else" : NULL;
    if (is_all == (options->arguments_count > 2))
        return "name the unique-ids, as held list shows them, or say --all";
    for (size_t i = 2; i < options->arguments_count; i++) {
        if (!options->arguments[i][0] || strlen(options->arguments[i]) > RESTANTE_UIDL_MAX)
            return "a unique-id has 1 to 70 characters";
    }
    return NULL;
}

int command_held(int argc, char **argv)
{
    static const struct maintain_output output = {.rows = held_rows, .done = held_done};
    enum task_kind kind = TASK_HELD_LIST;
    struct maintain_options options;
    if (!maintain_options_parse(argc, argv, OPTION_ALL, &options))
        return MASTER_EXIT_USAGE;
    const char *fault = held_fault(&options, &kind);
    if (fault)
        return maintain_options_wrong(argv[0], fault);
    struct held_tell held = {.table = {.out = stdout, .columns = held_columns, .count = 6},
                             .done = kind == TASK_HELD_RESTORE ? "restored"
                                     : kind == TASK_HELD_PURGE ? "removed"
                                                               : NULL};
    struct buf arguments = {0};
    for (size_t i = 2; i < options.arguments_count; i++)
        maintain_options_add(&arguments, options.arguments[i]);
    if (buf_length(&arguments) > MESSAGE_ARGUMENTS_MAX) {
        buf_free(&arguments);
        return maintain_options_wrong(argv[0], "too many unique-ids at once: name fewer, or say --all");
    }
    struct maintain_plan plan = {
        .file = options.file,
        .user = options.arguments[1],
        .order = {.kind = (uint8_t)kind, .arguments = buf_head(&arguments), .arguments_length = buf_length(&arguments)},
        .output = &output,
        .context = &held,
    };
    int status = maintain_tell_status(&held.tell, maintain_run(&plan));
    buf_free(&arguments);
    return status;
}
