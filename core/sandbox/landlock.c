#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/error.h"
#include "util/fd.h"

/* WHY not <linux/landlock.h>: the kernel's version counts, not that of the headers Restante was built with. */
#define FS_EXECUTE (UINT64_C(1) << 0)
#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_REMOVE_DIR (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_CHAR (UINT64_C(1) << 6)
#define FS_MAKE_DIR (UINT64_C(1) << 7)
#define FS_MAKE_REG (UINT64_C(1) << 8)
#define FS_MAKE_SOCK (UINT64_C(1) << 9)
#define FS_MAKE_BLOCK (UINT64_C(1) << 11)
#define FS_REFER (UINT64_C(1) << 13)    /* ABI 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define FS_ALL_OF_ABI_2 ((UINT64_C(1) << 14) - 1)
#define NET_BIND_TCP (UINT64_C(1) << 0)
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

enum { RULE_PATH_BENEATH = 1, CREATE_VERSION = 1 };

struct ruleset_attributes {
    uint64_t files;
    uint64_t network; /* ABI 4 */
    uint64_t scoped;  /* ABI 6 */
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

int landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static uint64_t files_known(int abi)
{
    return FS_ALL_OF_ABI_2 | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
}

static uint64_t files_handled(enum landlock_files files)
{
    switch (files) {
    case LANDLOCK_FILES_NO_EXEC:
        return FS_EXECUTE | FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_MAKE_SOCK | FS_REFER;
    case LANDLOCK_FILES_NO_DEVICES:
        return FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_REFER;
    default:
        return UINT64_MAX;
    }
}

static uint64_t rights_of(enum landlock_right right)
{
    static const uint64_t read = FS_READ_FILE | FS_READ_DIR;
    switch (right) {
    case LANDLOCK_EXECUTE:
        return read | FS_EXECUTE;
    case LANDLOCK_CHANGE:
        return read | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_REFER |
               FS_TRUNCATE;
    default:
        return read;
    }
}

static int make_ruleset(const struct landlock_plan *plan, int abi, uint64_t *files)
{
    struct ruleset_attributes attributes = {.files = files_handled(plan->files) & files_known(abi)};
    size_t size = sizeof(attributes.files);
    if (abi >= LANDLOCK_ABI_NETWORK) {
        attributes.network = NET_BIND_TCP | (plan->can_connect ? 0 : NET_CONNECT_TCP);
        size = offsetof(struct ruleset_attributes, scoped);
    }
    if (abi >= LANDLOCK_ABI_SCOPES) {
        attributes.scoped = SCOPE_SIGNAL | (plan->can_connect ? 0 : SCOPE_ABSTRACT_UNIX);
        size = sizeof(attributes);
    }
    *files = attributes.files;
    return (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
}

/* Rights on folders are refused for a file. */
static bool add_rule(int ruleset, const char *path, uint64_t rights)
{
    struct stat facts;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP;
    if (fstat(fd, &facts) == 0 && !S_ISDIR(facts.st_mode))
        rights &= FS_READ_FILE | FS_WRITE_FILE | FS_EXECUTE | FS_TRUNCATE | FS_IOCTL_DEV;
    struct path_beneath rule = {.allowed = rights, .parent_fd = fd};
    bool is_added =
        rights == 0 || syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
    fd_close(&fd);
    return is_added;
}

static enum restante_status restrict_fail(struct restante_error *error, const char *what, const char *path)
{
    return error_set(error, RESTANTE_PERMANENT, errno, NULL, "cannot lock the process in with Landlock: %s %s", what,
                     path);
}

static enum restante_status add_rules(int ruleset, const struct landlock_plan *plan, uint64_t files,
                                      struct restante_error *error)
{
    /* Moving between folders is refused by any ruleset that does not permit it. */
    if (plan->files != LANDLOCK_FILES_NONE && !add_rule(ruleset, "/", FS_REFER))
        return restrict_fail(error, "rule for", "/");
    for (size_t i = 0; i < plan->paths_count; i++) {
        if (!add_rule(ruleset, plan->paths[i].path, rights_of(plan->paths[i].right) & files))
            return restrict_fail(error, "rule for", plan->paths[i].path);
    }
    return RESTANTE_OK;
}

enum restante_status landlock_restrict(const struct landlock_plan *plan, struct restante_error *error)
{
    uint64_t files;
    int ruleset = make_ruleset(plan, landlock_abi(), &files);
    if (ruleset < 0)
        return restrict_fail(error, "ruleset", "");
    enum restante_status status = add_rules(ruleset, plan, files, error);
    if (status == RESTANTE_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        status = restrict_fail(error, "restrict_self", "");
    fd_close(&ruleset);
    return status;
}
