#include "master/tls_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/log.h"

/* Two of them and their lengths fit into one frame. */
enum { TLS_FILE_MAX = 45000 };

static struct tls_stamp stamp_of(const struct stat *facts)
{
    return (struct tls_stamp){.is_there = true,
                              .device = facts->st_dev,
                              .inode = facts->st_ino,
                              .size = facts->st_size,
                              .modified = facts->st_mtim,
                              .changed = facts->st_ctim};
}

struct tls_stamp tls_files_stamp(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 ? stamp_of(&facts) : (struct tls_stamp){.is_there = false};
}

void tls_octets_wipe(struct tls_octets *octets)
{
    for (size_t i = 0; i < TLS_PAIR_FILES; i++) {
        if (octets->data[i])
            explicit_bzero(octets->data[i], octets->length[i]);
        free(octets->data[i]);
    }
    *octets = (struct tls_octets){.data = {NULL}};
}

static bool file_read(struct tls_file_pair *pair, size_t which, struct tls_octets *octets, char *why, size_t capacity)
{
    const char *path = pair->path[which], *setting = pair->setting[which];
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    pair->read[which] = (struct tls_stamp){.is_there = false};
    if (fd < 0 || fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        snprintf(why, capacity, "%s: cannot read %s: %s", setting, path,
                 fd < 0 ? strerror(errno) : "not a regular file");
        fd_close(&fd);
        return false;
    }
    pair->read[which] = stamp_of(&facts);
    if (which == TLS_KEY && (facts.st_mode & S_IRWXO))
        log_warn("%s: %s can be read by everybody (mode %o): chmod 600 it", setting, path,
                 (unsigned)(facts.st_mode & 07777));
    octets->data[which] = alloc_zeroed(TLS_FILE_MAX + 1);
    ssize_t got = fd_read_full(fd, octets->data[which], TLS_FILE_MAX + 1);
    fd_close(&fd);
    octets->length[which] = got > 0 ? (size_t)got : 0;
    if (got >= 0 && got <= TLS_FILE_MAX)
        return true;
    snprintf(why, capacity, "%s: %s: %s", setting, path,
             got < 0 ? strerror(errno) : "longer than 45000 octets, which no certificate chain needs");
    return false;
}

bool tls_files_read(struct tls_file_pair *pair, struct tls_octets *octets, char *why, size_t capacity)
{
    *octets = (struct tls_octets){.data = {NULL}};
    bool is_read = file_read(pair, TLS_CERTIFICATE, octets, why, capacity);
    if (is_read)
        is_read = file_read(pair, TLS_KEY, octets, why, capacity);
    else
        pair->read[TLS_KEY] = tls_files_stamp(pair->path[TLS_KEY]);
    if (!is_read)
        tls_octets_wipe(octets);
    return is_read;
}

static void pair_open(struct generation *generation, const char *prefix, const char *certificate, const char *key)
{
    struct tls_files *files = generation->tls;
    struct tls_file_pair *pair = &files->pairs[files->count++];
    char why[1280];
    pair->path[TLS_CERTIFICATE] = certificate;
    pair->path[TLS_KEY] = key;
    snprintf(pair->setting[TLS_CERTIFICATE], sizeof(pair->setting[0]), "%s.certificate", prefix);
    snprintf(pair->setting[TLS_KEY], sizeof(pair->setting[0]), "%s.key", prefix);
    if (!tls_files_read(pair, &pair->octets, why, sizeof(why)))
        faults_add(&generation->faults, "%s: %s", generation->master->file, why);
}

void tls_files_open(struct generation *generation)
{
    const struct conf *conf = &generation->conf;
    const char *certificate = conf_string_or_null(conf, "tls.certificate");
    const char *key = conf_string_or_null(conf, "tls.key");
    size_t further = conf_list_count(conf, "tls.sni");
    char prefix[32];
    generation->tls = alloc_zeroed(sizeof(*generation->tls));
    generation->tls->generation = generation;
    generation->tls->pairs = alloc_array(further + 1, sizeof(*generation->tls->pairs));
    if (!certificate || !key)
        return;
    pair_open(generation, "tls", certificate, key);
    for (size_t i = 1; i <= further; i++) {
        snprintf(prefix, sizeof(prefix), "tls.sni.%zu", i);
        pair_open(generation, prefix, conf_string(conf, "tls.sni.%zu.certificate", i),
                  conf_string(conf, "tls.sni.%zu.key", i));
    }
}

void tls_files_send(size_t index, const struct tls_octets *octets, struct master_slot *slot)
{
    const struct message_tls_pair message = {.number = (uint32_t)index + 1,
                                             .certificate = octets->data[TLS_CERTIFICATE],
                                             .certificate_length = octets->length[TLS_CERTIFICATE],
                                             .key = octets->data[TLS_KEY],
                                             .key_length = octets->length[TLS_KEY]};
    struct frame_out frame = {0};
    message_put_tls_pair(&frame, &message);
    channel_send(slot->control, &frame, -1);
    frame_wipe(&frame);
}

void tls_files_send_all(const struct tls_files *files, struct master_slot *slot)
{
    for (size_t i = 0; files && i < files->count; i++) {
        if (files->pairs[i].octets.data[TLS_KEY])
            tls_files_send(i, &files->pairs[i].octets, slot);
    }
}

void tls_files_close(struct generation *generation)
{
    struct tls_files *closing = generation->tls;
    if (!closing)
        return;
    generation->tls = NULL;
    for (size_t i = 0; i < closing->count; i++) {
        tls_octets_wipe(&closing->pairs[i].octets);
        tls_octets_wipe(&closing->pairs[i].candidate);
    }
    if (closing->look)
        event_free(closing->look);
    free(closing->pairs);
    free(closing);
}
