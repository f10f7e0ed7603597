#include <inttypes.h>
#include <stdio.h>

#include "admin/progress.h"
#include "admin/table_print.h"
#include "master/maintain_commands.h"
#include "master/maintain_options.h"
#include "master/maintain_tell.h"
#include "master/master.h"
#include "util/clock.h"

struct expire_tell {
    struct maintain_tell tell; /* the first: what is said of failures is said of all commands alike */
    struct progress progress;
    struct task_counts totals;
    size_t maildrops;
    bool is_dry_run;
};

static void expire_begin(void *context, size_t users)
{
    struct expire_tell *expire = context;
    progress_begin(&expire->progress, users);
}

static void expire_print(const struct expire_tell *expire, const struct task_counts *counts)
{
    printf("%" PRIu64 " of %" PRIu64 " messages %s (%" PRIu64 " octets)", counts->done, counts->messages,
           expire->is_dry_run ? "would be removed" : "removed", counts->done_octets);
    if (counts->failed > 0)
        printf(", %" PRIu64 " could not be removed", counts->failed);
    if (counts->left_alone > 0)
        printf(", %" PRIu64 " left alone", counts->left_alone);
    putchar('\n');
}

static void expire_add(struct task_counts *totals, const struct task_counts *counts)
{
    totals->messages += counts->messages;
    totals->done += counts->done;
    totals->done_octets += counts->done_octets;
    totals->failed += counts->failed;
    totals->left_alone += counts->left_alone;
}

static void expire_done(void *context, const char *user, const struct message_task_done *done)
{
    struct expire_tell *expire = context;
    progress_hide(&expire->progress);
    if (maintain_tell_outcome(&expire->tell, user, done)) {
        expire->maildrops++;
        expire_add(&expire->totals, &done->counts);
        table_print_text(stdout, user);
        fputs(": ", stdout);
        expire_print(expire, &done->counts);
        if (done->note[0])
            maintain_tell_note(user, done->note);
    }
    progress_step(&expire->progress);
}

static void expire_print_totals(struct expire_tell *expire)
{
    progress_hide(&expire->progress);
    printf("%zu maildrops: ", expire->maildrops);
    expire_print(expire, &expire->totals);
    if (expire->tell.in_use > 0)
        printf("%zu maildrops were in use and skipped\n", expire->tell.in_use);
    if (expire->tell.failed > 0)
        printf("%zu maildrops failed, or something in them\n", expire->tell.failed);
}

/* Anything that is wrong with what was asked for; NULL: nothing. */
static const char *expire_fault(const struct maintain_options *options)
{
    unsigned given = options->given;
    if (options->arguments_count > 0)
        return "expire takes no arguments: --user NAME, or --all";
    if (!(given & OPTION_USER) == !(given & OPTION_ALL))
        return "expire needs either --user NAME or --all";
    if ((given & OPTION_USER) && !maintain_options_is_user(options->user))
        return "--user: no user can have that name";
    if ((given & OPTION_AT) && !(given & OPTION_DRY_RUN))
        return "--at works with --dry-run alone: what is not due yet is not removed";
    if ((given & OPTION_AT) && options->at_s < clock_now_s())
        return "--at is for times to come";
    if ((given & OPTION_AT) && (given & OPTION_FORCE))
        return "--at and --force: a time to come approves nothing";
    return NULL;
}

int command_expire(int argc, char **argv)
{
    static const struct maintain_output output = {
        .begin = expire_begin, .rows = maintain_tell_no_rows, .done = expire_done};
    static const unsigned allowed = OPTION_USER | OPTION_ALL | OPTION_DRY_RUN | OPTION_AT | OPTION_FORCE;
    struct maintain_options options;
    if (!maintain_options_parse(argc, argv, allowed, &options))
        return MASTER_EXIT_USAGE;
    const char *fault = expire_fault(&options);
    if (fault)
        return maintain_options_wrong(argv[0], fault);
    bool is_dry_run = (options.given & OPTION_DRY_RUN) != 0, is_forced = (options.given & OPTION_FORCE) != 0;
    struct expire_tell expire = {.is_dry_run = is_dry_run};
    struct maintain_plan plan = {
        .file = options.file,
        .user = options.user,
        .order = {.kind = TASK_EXPIRE, .is_dry_run = is_dry_run, .is_forced = is_forced, .at_s = options.at_s},
        .clock = is_dry_run                          ? MAINTAIN_CLOCK_LOOK
                 : is_forced && !options.user ? MAINTAIN_CLOCK_APPROVE
                                              : MAINTAIN_CLOCK_KEEP,
        .output = &output,
        .context = &expire,
    };
    int status = maintain_run(&plan);
    progress_hide(&expire.progress);
    if (status == MASTER_EXIT_OK && !options.user)
        expire_print_totals(&expire);
    return maintain_tell_status(&expire.tell, status);
}
