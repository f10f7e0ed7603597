#include "master/maintain_tell.h"

#include <stdio.h>

#include "admin/table_print.h"
#include "master/maintain_commands.h"
#include "master/master.h"

void maintain_tell_no_rows(void *context, const char *user, const char *cells, size_t length)
{
    (void)context;
    (void)user;
    (void)cells;
    (void)length;
}

void maintain_tell_note(const char *user, const char *text)
{
    fputs("restante: ", stderr);
    table_print_text(stderr, user);
    fputs(": ", stderr);
    table_print_text(stderr, text);
    fputc('\n', stderr);
}

bool maintain_tell_outcome(struct maintain_tell *tell, const char *user, const struct message_task_done *done)
{
    switch (done->status) {
    case RESTANTE_OK:
        if (done->counts.failed > 0 || done->counts.left_alone > 0)
            tell->failed++;
        else
            tell->well++;
        return true;
    case RESTANTE_IN_USE:
        tell->in_use++;
        maintain_tell_note(user, "skipped: the maildrop is in use");
        return false;
    case RESTANTE_DENIED:
        tell->failed++;
        fputs("restante: there is no user ", stderr);
        table_print_text(stderr, user);
        fputs(" (", stderr);
        table_print_text(stderr, done->note);
        fputs(")\n", stderr);
        return false;
    default:
        tell->failed++;
        maintain_tell_note(user, done->note[0] ? done->note : "failed, without a reason");
        return false;
    }
}

int maintain_tell_status(const struct maintain_tell *tell, int status)
{
    if (status != MASTER_EXIT_OK)
        return status;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("restante: what was to be told cannot be written\n", stderr);
        return MASTER_EXIT_FAILURE;
    }
    if (tell->failed > 0)
        return MASTER_EXIT_FAILURE;
    return tell->in_use > 0 ? MAINTAIN_EXIT_IN_USE : MASTER_EXIT_OK;
}
