#include "master/control_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "master/state_root.h"
#include "util/fd.h"
#include "util/str.h"

bool control_path_decide(const struct conf *conf, bool is_root, char *to, size_t capacity)
{
    const char *setting = conf_string_or_null(conf, "control");
    if (setting)
        return str_copy(to, capacity, setting);
    if (!state_root_decide(conf, is_root, to, capacity))
        return false;
    size_t length = strlen(to);
    return str_copy(to + length, capacity - length, "/control");
}

bool control_path_address(const char *path, int *folder, struct sockaddr_un *address)
{
    char parent[4096];
    const char *name = strrchr(path, '/');
    *folder = -1;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (str_copy(address->sun_path, sizeof(address->sun_path), path))
        return true;
    if (!name || !str_copy_n(parent, sizeof(parent), path, (size_t)(name - path) + 1)) {
        errno = ENAMETOOLONG;
        return false;
    }
    *folder = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*folder < 0)
        return false;
    size_t capacity = sizeof(address->sun_path);
    if ((size_t)snprintf(address->sun_path, capacity, "/proc/self/fd/%d%s", *folder, name) < capacity)
        return true;
    fd_close(folder);
    errno = ENAMETOOLONG;
    return false;
}
