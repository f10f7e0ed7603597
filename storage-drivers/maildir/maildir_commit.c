/*
 * maildir/maildir_commit.c - the end of a session: messages removed, retrieved ones marked as seen.
 *
 * In steps. What is not found under its name is looked for again under its base name in further rounds; what is not
 * there then is gone. Only the file that was listed is removed, never another one under its name. A message that
 * cannot be marked as seen stays as it is. Removals are made durable by one sync per folder at the end.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/beneath.h"

#define ROUNDS_MAX 4

enum maildir_outcome { MAILDIR_DONE, MAILDIR_MISSING, MAILDIR_FAILED };

static enum maildir_outcome maildir_commit_fail(struct maildir *maildir, const struct maildir_message *message,
                                                int why, const char *what)
{
    struct maildir_commit *commit = &maildir->commit;
    struct restante_error *error = commit->left++ == 0 ? &commit->error : NULL;
    (void)maildir->host->fail(error, RESTANTE_TEMPORARY, why, "some messages could not be removed",
                              "cannot remove %s/%s/%s of user %s%s", maildir->path,
                              maildir_folder_name((enum maildir_folder)message->folder),
                              maildir_list_name(&maildir->list, message), maildir->user, what);
    return MAILDIR_FAILED;
}

static enum maildir_outcome maildir_commit_remove(struct maildir *maildir, struct maildir_message *message,
                                                  uint8_t *removal)
{
    int folder = maildir->folders[message->folder];
    const char *name = maildir_list_name(&maildir->list, message);
    struct stat facts;
    if (folder < 0)
        return MAILDIR_MISSING;
    if (!beneath_facts(folder, name, &facts))
        return errno == ENOENT ? MAILDIR_MISSING : maildir_commit_fail(maildir, message, errno, "");
    if (!maildir_find_is_same(message, &facts))
        return maildir_commit_fail(maildir, message, 0, ": another file has its name now");
    if (!beneath_unlink(folder, name))
        return errno == ENOENT ? MAILDIR_MISSING : maildir_commit_fail(maildir, message, errno, "");
    maildir->commit.is_touched[message->folder] = true;
    if (*removal != RESTANTE_REMOVED) {
        uint64_t stored;
        bool is_named = maildir_name_field(name, message->base_length, 'S', &stored);
        maildir->commit.removed_octets += is_named ? stored : (uint64_t)facts.st_size;
        maildir->commit.removed_count++;
    }
    *removal = RESTANTE_REMOVED;
    /* Its other name is found in the next round. */
    return message->state & MAILDIR_ALIAS ? MAILDIR_MISSING : MAILDIR_DONE;
}

static enum maildir_outcome maildir_commit_mark_seen(struct maildir *maildir, struct maildir_message *message)
{
    const char *name = maildir_list_name(&maildir->list, message);
    const char *target = name;
    char seen[MAILDIR_NAME_MAX + 1];
    bool is_new = message->folder == MAILDIR_NEW;
    if (!maildir->driver->marks_seen)
        return MAILDIR_DONE;
    if (maildir_name_format_seen(name, seen))
        target = seen;
    else if (!is_new || strncmp(name + message->base_length, ":2,", 3) != 0)
        return MAILDIR_DONE;
    if (maildir->folders[message->folder] < 0)
        return MAILDIR_MISSING;
    if (maildir_folder_make(maildir, MAILDIR_CUR, NULL) != RESTANTE_OK || maildir->folders[MAILDIR_CUR] < 0)
        return MAILDIR_DONE;
    if (beneath_rename(maildir->folders[message->folder], name, maildir->folders[MAILDIR_CUR], target)) {
        maildir->commit.is_touched[MAILDIR_CUR] = true;
        maildir->commit.is_touched[message->folder] = true;
        return MAILDIR_DONE;
    }
    if (errno == ENOENT)
        return MAILDIR_MISSING;
    maildir->host->log(RESTANTE_DEBUG, "maildir of user %s: cannot mark %s in %s as seen: %s", maildir->user, name,
                       maildir->path, strerror(errno));
    return MAILDIR_DONE;
}

static void maildir_commit_message(struct maildir *maildir, size_t index, const uint8_t *fates, uint8_t *removals)
{
    struct maildir_commit *commit = &maildir->commit;
    struct maildir_message *message = &maildir->list.messages[index];
    enum maildir_outcome outcome = MAILDIR_DONE;
    if (commit->round > 0 && !(message->state & MAILDIR_PENDING))
        return;
    if (fates[index] == RESTANTE_DELETE)
        outcome = maildir_commit_remove(maildir, message, &removals[index]);
    else if (fates[index] == RESTANTE_KEEP_RETRIEVED)
        outcome = maildir_commit_mark_seen(maildir, message);
    message->state &= (uint8_t)~MAILDIR_PENDING;
    if (outcome != MAILDIR_MISSING)
        return;
    message->state |= MAILDIR_PENDING;
    commit->missing++;
}

/* All rounds; what is still missing after the last listing has been removed by somebody else. */
static enum restante_status maildir_commit_rounds(struct maildir *maildir, const uint8_t *fates, uint8_t *removals,
                                                  struct restante_error *error)
{
    struct maildir_commit *commit = &maildir->commit;
    for (;;) {
        enum restante_status status = commit->is_finding ? maildir_find_step(maildir, error) : RESTANTE_OK;
        if (status != RESTANTE_OK)
            return status;
        commit->is_finding = false;
        while (commit->next < maildir->list.count) {
            size_t index = commit->next++;
            if (fates[index] == RESTANTE_KEEP)
                continue;
            maildir_commit_message(maildir, index, fates, removals);
            if (maildir_step_is_over(maildir)) /* after the work: every step gets somewhere */
                return RESTANTE_AGAIN;
        }
        if (commit->missing == 0)
            return RESTANTE_OK;
        if (++commit->round == ROUNDS_MAX)
            break;
        commit->next = commit->missing = 0;
        commit->is_finding = true;
    }
    for (size_t i = 0; i < maildir->list.count; i++)
        if (fates[i] == RESTANTE_DELETE && maildir->list.messages[i].state & MAILDIR_PENDING)
            removals[i] = RESTANTE_REMOVED;
    return RESTANTE_OK;
}

static enum restante_status maildir_commit_sync(struct maildir *maildir, struct restante_error *error)
{
    /* cur/ first: where a message that moved has arrived. */
    for (int i = MAILDIR_FOLDERS - 1; i >= 0; i--)
        if (maildir->commit.is_touched[i] && !beneath_sync_folder(maildir->folders[i]))
            return maildir->host->fail(error, RESTANTE_TEMPORARY, errno, NULL,
                                       "removals from %s/%s of user %s may not be durable", maildir->path,
                                       maildir_folder_name((enum maildir_folder)i), maildir->user);
    return RESTANTE_OK;
}

enum restante_status maildir_commit(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                    struct restante_error *error)
{
    struct maildir *maildir = maildrop;
    struct maildir_commit *commit = &maildir->commit;
    if (maildir->is_read_only)
        return maildir->host->fail(error, RESTANTE_INVALID, 0, NULL, "maildir %s is open for reading only",
                                   maildir->path);
    maildir_step_begin(maildir);
    enum restante_status status = maildir_commit_rounds(maildir, fates, removals, error);
    if (status == RESTANTE_AGAIN)
        return status;
    if (commit->removed_count > 0) {
        maildir_quota_add(maildir, -(int64_t)commit->removed_octets, -(int64_t)commit->removed_count);
        enum restante_status synced = maildir_commit_sync(maildir, status == RESTANTE_OK ? error : NULL);
        status = status == RESTANTE_OK ? synced : status;
    }
    if (commit->left > 0 && status == RESTANTE_OK) {
        if (error)
            *error = commit->error;
        status = commit->error.status;
    }
    return status;
}
