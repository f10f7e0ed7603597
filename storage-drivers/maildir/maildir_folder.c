/*
 * maildir/maildir_folder.c - the maildrop's root, new/ and cur/: opened, made, identified by inode and times.
 *
 * Links are followed down to the root, which the administrator named, and never below it. Runs in a worker.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/beneath.h"

/* A folder changed less than this before it was read may change again without its times showing it. */
#define RACY_S 2

const char *maildir_folder_name(enum maildir_folder folder)
{
    return folder == MAILDIR_NEW ? "new" : "cur";
}

static bool maildir_folder_has_parent(const char *path)
{
    char parent[4096];
    struct stat facts;
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof(parent))
        return false;
    memcpy(parent, path, length);
    parent[length] = '\0';
    return stat(length ? parent : "/", &facts) == 0 && S_ISDIR(facts.st_mode);
}

enum restante_status maildir_folder_open_root(struct maildir *maildir, struct restante_error *error)
{
    const char *path = maildir->path;
    struct stat facts;
    maildir->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (maildir->root >= 0)
        return RESTANTE_OK;
    int why = errno;
    if (why == ENOTDIR)
        return maildir->host->fail(error, RESTANTE_PERMANENT, why, NULL,
                                   "maildir %s of user %s is not a folder: correct the storage path", path,
                                   maildir->user);
    if (why != ENOENT)
        return maildir->host->fail(error, RESTANTE_TEMPORARY, why, NULL, "cannot open the maildir %s of user %s", path,
                                   maildir->user);
    if (lstat(path, &facts) == 0)
        return maildir->host->fail(error, RESTANTE_TEMPORARY, why, NULL,
                                   "maildir %s of user %s is a link to nothing: is a file system not mounted?", path,
                                   maildir->user);
    if (!maildir_folder_has_parent(path))
        return maildir->host->fail(error, RESTANTE_TEMPORARY, why, NULL,
                                   "the folder above the maildir %s of user %s is missing: is a file system not "
                                   "mounted?",
                                   path, maildir->user);
    return RESTANTE_OK;
}

enum restante_status maildir_folder_open(struct maildir *maildir, enum maildir_folder folder,
                                         struct restante_error *error)
{
    if (maildir->folders[folder] >= 0 || maildir->root < 0)
        return RESTANTE_OK;
    maildir->folders[folder] = beneath_open_folder(maildir->root, maildir_folder_name(folder));
    if (maildir->folders[folder] >= 0 || errno == ENOENT)
        return RESTANTE_OK;
    int why = errno;
    bool is_odd = why == ELOOP || why == ENOTDIR;
    return maildir->host->fail(error, is_odd ? RESTANTE_PERMANENT : RESTANTE_TEMPORARY, why, NULL,
                               "cannot open %s/%s of user %s%s", maildir->path, maildir_folder_name(folder),
                               maildir->user,
                               is_odd ? ": it must be a folder, links are not followed below a maildir" : "");
}

static bool maildir_folder_create(int above, const char *name)
{
    if (mkdirat(above, name, 0700) == 0)
        return beneath_sync_folder(above);
    return errno == EEXIST;
}

enum restante_status maildir_folder_make(struct maildir *maildir, enum maildir_folder folder,
                                         struct restante_error *error)
{
    if (maildir->folders[folder] >= 0)
        return RESTANTE_OK;
    if (!maildir_folder_create(maildir->root, maildir_folder_name(folder)))
        return maildir->host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "cannot make the folder %s/%s",
                                   maildir->path, maildir_folder_name(folder));
    return maildir_folder_open(maildir, folder, error);
}

enum restante_status maildir_folder_make_root(struct maildir *maildir, struct restante_error *error)
{
    if (maildir->root >= 0)
        return RESTANTE_OK;
    if (mkdir(maildir->path, 0700) != 0 && errno != EEXIST)
        return maildir->host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "cannot make the maildir %s of user %s",
                                   maildir->path, maildir->user);
    enum restante_status status = maildir_folder_open_root(maildir, error);
    if (status == RESTANTE_OK && maildir->root < 0)
        return maildir->host->fail(error, RESTANTE_TEMPORARY, ENOENT, NULL, "the maildir %s vanished", maildir->path);
    return status;
}

void maildir_folder_stamp(const struct maildir *maildir, struct maildir_stamp stamps[MAILDIR_FOLDERS])
{
    for (int i = 0; i < MAILDIR_FOLDERS; i++) {
        struct stat facts;
        stamps[i] = (struct maildir_stamp){0};
        if (maildir->folders[i] < 0 || fstat(maildir->folders[i], &facts) != 0)
            continue;
        stamps[i].inode = facts.st_ino;
        stamps[i].mtime_s = facts.st_mtim.tv_sec;
        stamps[i].mtime_ns = facts.st_mtim.tv_nsec;
        stamps[i].ctime_s = facts.st_ctim.tv_sec;
        stamps[i].ctime_ns = facts.st_ctim.tv_nsec;
    }
}

bool maildir_folder_is_proven(const struct maildir_stamp stamps[MAILDIR_FOLDERS], int64_t seen_s)
{
    for (int i = 0; i < MAILDIR_FOLDERS; i++)
        if (stamps[i].mtime_s >= seen_s - RACY_S || stamps[i].ctime_s >= seen_s - RACY_S)
            return false;
    return true;
}
