#include "master/tls_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/log.h"

/* Two of them and their lengths fit into one frame. */
enum { TLS_FILE_MAX = 45000 };

static char *tls_file_read(struct generation *generation, const char *setting, size_t *length, mode_t *mode)
{
    const char *path = conf_string_or_null(&generation->conf, "%s", setting);
    struct stat facts;
    if (!path)
        return NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        faults_add(&generation->faults, "%s: %s: cannot read %s: %s", generation->master->file, setting, path,
                   fd < 0 ? strerror(errno) : "not a regular file");
        fd_close(&fd);
        return NULL;
    }
    *mode = facts.st_mode;
    char *data = alloc_zeroed(TLS_FILE_MAX + 1);
    ssize_t got = fd_read_full(fd, data, TLS_FILE_MAX + 1);
    fd_close(&fd);
    if (got < 0 || got > TLS_FILE_MAX) {
        faults_add(&generation->faults, "%s: %s: %s: %s", generation->master->file, setting, path,
                   got < 0 ? strerror(errno) : "longer than 45000 octets, which no certificate chain needs");
        free(data);
        return NULL;
    }
    *length = (size_t)got;
    return data;
}

void tls_files_open(struct generation *generation)
{
    mode_t mode = 0;
    generation->certificate = tls_file_read(generation, "tls.certificate", &generation->certificate_length, &mode);
    generation->key = tls_file_read(generation, "tls.key", &generation->key_length, &mode);
    if (generation->key && (mode & S_IRWXO))
        log_warn("%s: tls.key: %s can be read by everybody (mode %o): chmod 600 it", generation->master->file,
                 conf_string(&generation->conf, "tls.key"), (unsigned)(mode & 07777));
}

void tls_files_close(struct generation *generation)
{
    free(generation->certificate);
    if (generation->key)
        explicit_bzero(generation->key, generation->key_length);
    free(generation->key);
    generation->certificate = generation->key = NULL;
}
