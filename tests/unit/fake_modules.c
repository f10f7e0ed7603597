/*
 * tests/unit/fake_modules.c - room/modules.h without modules: one storage driver in memory, so that the nursery can
 * be tested alone. Its first message tells who the worker is and what it has open.
 */
#include "room/modules.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake_storage.h"
#include "sandbox/capability.h"
#include "util/alloc.h"

static struct fake_storage storage;
static struct restante_storage operations;
static char self[256];

/* How many descriptors of this process are sockets. */
static unsigned fake_count_sockets(void)
{
    char link[64], target[64];
    unsigned count = 0;
    DIR *listing = opendir("/proc/self/fd");
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        snprintf(link, sizeof(link), "/proc/self/fd/%.16s", entry->d_name);
        ssize_t length = readlink(link, target, sizeof(target) - 1);
        count += length > 7 && strncmp(target, "socket:", 7) == 0;
    }
    closedir(listing);
    return count;
}

static enum restante_status fake_open_and_tell(void *driver, const struct restante_maildrop_request *request,
                                               void **maildrop, struct restante_error *error)
{
    snprintf(self, sizeof(self), "path=%s user=%s uid=%u gid=%u groups=%d capabilities=%d sockets=%u\npid=%d\n",
             request->path, request->user, (unsigned)getuid(), (unsigned)getgid(), getgroups(0, NULL),
             capability_permitted() != 0, fake_count_sockets(), (int)getpid());
    storage.messages[0].body = self;
    return fake_storage_operations.open(driver, request, maildrop, error);
}

static enum restante_status fake_start(const struct restante_host *host, const struct restante_value *values,
                                       void **driver, struct restante_error *error)
{
    (void)host;
    (void)values;
    (void)error;
    *driver = &storage;
    return RESTANTE_OK;
}

const struct restante_host *modules_host(void)
{
    static const struct restante_host host = {.size = sizeof(host)};
    return &host;
}

struct room_module *modules_load(struct room *room, enum restante_kind kind, const char *prefix,
                                 struct faults *faults)
{
    static struct restante_module descriptor;
    static struct loader_module loaded = {.descriptor = &descriptor};
    (void)faults;
    operations = fake_storage_operations;
    operations.open = fake_open_and_tell;
    operations.start = fake_start;
    (void)kind;
    (void)prefix;
    (void)room;
    fake_storage_add(&storage, "one", "", 1);
    fake_storage_add(&storage, "two", "Subject: 2\n\nsecond\n", 1);
    fake_storage_add(&storage, "deadly", "Subject: 3\n\n", 1)->kills_reader = true;
    descriptor = (struct restante_module){.name = "fake", .kind = RESTANTE_KIND_STORAGE, .operations = &operations};
    struct room_module *module = alloc_zeroed(sizeof(*module));
    module->loaded = &loaded;
    return module;
}

struct loader_module *modules_load_bare(const struct room *room, enum restante_kind kind, const char *name,
                                        struct faults *faults)
{
    (void)room;
    (void)kind;
    faults_add(faults, "there is no module \"%s\" here", name);
    return NULL;
}

void modules_unload(struct room_module **module)
{
    *module = NULL;
}

void modules_inspect(struct room *room, enum restante_kind kind)
{
    (void)room;
    (void)kind;
}
