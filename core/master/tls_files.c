#include "master/tls_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/log.h"

/* Two of them and their lengths fit into one frame. */
enum { TLS_FILE_MAX = 45000 };

static char *tls_file_read(struct master *master, const char *setting, size_t *length, mode_t *mode)
{
    const char *path = conf_string_or_null(&master->conf, "%s", setting);
    struct stat facts;
    if (!path)
        return NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        faults_add(&master->faults, "%s: %s: cannot read %s: %s", master->file, setting, path,
                   fd < 0 ? strerror(errno) : "not a regular file");
        fd_close(&fd);
        return NULL;
    }
    *mode = facts.st_mode;
    char *data = alloc_zeroed(TLS_FILE_MAX + 1);
    ssize_t got = fd_read_full(fd, data, TLS_FILE_MAX + 1);
    fd_close(&fd);
    if (got < 0 || got > TLS_FILE_MAX) {
        faults_add(&master->faults, "%s: %s: %s: %s", master->file, setting, path,
                   got < 0 ? strerror(errno) : "longer than 45000 octets, which no certificate chain needs");
        free(data);
        return NULL;
    }
    *length = (size_t)got;
    return data;
}

void tls_files_open(struct master *master)
{
    mode_t mode = 0;
    master->certificate = tls_file_read(master, "tls.certificate", &master->certificate_length, &mode);
    master->key = tls_file_read(master, "tls.key", &master->key_length, &mode);
    if (master->key && (mode & S_IRWXO))
        log_warn("%s: tls.key: %s can be read by everybody (mode %o): chmod 600 it", master->file,
                 conf_string(&master->conf, "tls.key"), (unsigned)(mode & 07777));
    if (getrandom(&master->ticket_keys, sizeof(master->ticket_keys), 0) != (ssize_t)sizeof(master->ticket_keys))
        faults_add(&master->faults, "no random octets for session ticket keys: %s", strerror(errno));
}

void tls_files_close(struct master *master)
{
    free(master->certificate);
    if (master->key)
        explicit_bzero(master->key, master->key_length);
    free(master->key);
    master->certificate = master->key = NULL;
    explicit_bzero(&master->ticket_keys, sizeof(master->ticket_keys));
}
