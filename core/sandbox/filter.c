#include "sandbox/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"

enum { FILTER_INSTRUCTIONS_MAX = 4096 }; /* the kernel's own limit, BPF_MAXINSNS */

/*
 * WHY: a fault injector replaces the number of the call that it lets fail by -1, which no table names. Only a build
 * made for that lets it pass.
 */
static const struct sock_filter filter_head[] = {
#ifdef RESTANTE_FAULT_BUILD
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
#endif
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)), /* as libseccomp's part begins, too */
};
enum { FILTER_HEAD_COUNT = sizeof(filter_head) / sizeof(filter_head[0]) };

static enum restante_status filter_fail(struct restante_error *error, int errno_value, const char *what)
{
    return error_set(error, RESTANTE_PERMANENT, errno_value, NULL, "cannot make the system call filter: %s", what);
}

/* The macros of libseccomp leave a field out, which clang warns of. */
static struct scmp_arg_cmp filter_compare(unsigned argument, enum scmp_compare op, uint64_t a, uint64_t b)
{
    return (struct scmp_arg_cmp){.arg = argument, .op = op, .datum_a = a, .datum_b = b};
}

static struct scmp_arg_cmp filter_compare_of(const struct filter_check *check)
{
    switch (check->compare) {
    case FILTER_BELOW:
        return filter_compare(check->argument, SCMP_CMP_LT, check->value, 0);
    case FILTER_ABOVE:
        return filter_compare(check->argument, SCMP_CMP_GT, check->value, 0);
    default:
        break;
    }
    if (check->mask == FILTER_EXACTLY)
        return filter_compare(check->argument, SCMP_CMP_EQ, check->value, 0);
    return filter_compare(check->argument, SCMP_CMP_MASKED_EQ, check->mask, check->value);
}

static int filter_add_row(scmp_filter_ctx context, const struct filter_row *row)
{
    struct scmp_arg_cmp checks[FILTER_CHECKS_MAX];
    uint32_t action = row->refusal ? SCMP_ACT_ERRNO((uint32_t)row->refusal) : SCMP_ACT_ALLOW;
    for (unsigned i = 0; i < row->checks_count; i++)
        checks[i] = filter_compare_of(&row->checks[i]);
    int failed = seccomp_rule_add_array(context, action, row->call, row->checks_count, checks);
    /* Calls of other machines, and rows that two tables of one room share, are no faults. */
    return failed == -EDOM || failed == -EEXIST ? 0 : failed;
}

static int filter_add_tables(scmp_filter_ctx context, const struct filter_table *tables, size_t tables_count)
{
    for (size_t table = 0; table < tables_count; table++) {
        for (size_t i = 0; i < tables[table].count; i++) {
            int failed = filter_add_row(context, &tables[table].rows[i]);
            if (failed)
                return failed;
        }
    }
    return 0;
}

/* 0, or what is wrong. libseccomp writes programs to descriptors only. */
static int filter_write(int fd, enum filter_default otherwise, const struct filter_table *tables, size_t tables_count)
{
    scmp_filter_ctx context = seccomp_init(otherwise == FILTER_KILL ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW);
    if (!context)
        return -ENOMEM;
    /* A tree instead of a list: what a call costs grows with the logarithm of the number of rows. */
    int failed = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (failed == 0)
        failed = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (failed == 0)
        failed = filter_add_tables(context, tables, tables_count);
    if (failed == 0)
        failed = seccomp_export_bpf(context, fd);
    seccomp_release(context);
    return failed;
}

/*
 * WHY a process of its own: libseccomp leaves a heap full of holes. The nursery's workers would inherit them, and each
 * would copy a page for nearly everything that it allocates.
 */
static int filter_write_apart(int fd, enum filter_default otherwise, const struct filter_table *tables,
                              size_t tables_count)
{
    int status;
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        _exit(-filter_write(fd, otherwise, tables, tables_count));
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

/* On pages of its own that are never written again. */
static enum restante_status filter_read(struct filter *filter, int fd, struct restante_error *error)
{
    struct stat file;
    if (fstat(fd, &file) != 0)
        return filter_fail(error, errno, "its size");
    size_t length = (size_t)file.st_size, count = length / sizeof(struct sock_filter) + FILTER_HEAD_COUNT;
    if (length == 0 || count > FILTER_INSTRUCTIONS_MAX)
        return filter_fail(error, 0, "its size");
    void *pages = mmap(NULL, count * sizeof(*filter->code), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return filter_fail(error, errno, "memory");
    filter->code = pages;
    filter->count = (unsigned short)count;
    memcpy(filter->code, filter_head, sizeof(filter_head));
    if (lseek(fd, 0, SEEK_SET) == 0 &&
        fd_read_full(fd, filter->code + FILTER_HEAD_COUNT, length) == (ssize_t)length &&
        mprotect(pages, count * sizeof(*filter->code), PROT_READ) == 0)
        return RESTANTE_OK;
    enum restante_status status = filter_fail(error, errno, "reading it back");
    filter_free(filter);
    return status;
}

enum restante_status filter_build(struct filter *filter, enum filter_default otherwise,
                                  const struct filter_table *tables, size_t tables_count, struct restante_error *error)
{
    *filter = (struct filter){0};
    int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0)
        return filter_fail(error, errno, "memfd_create");
    int failed = filter_write_apart(fd, otherwise, tables, tables_count);
    enum restante_status status =
        failed ? filter_fail(error, -failed, "libseccomp") : filter_read(filter, fd, error);
    fd_close(&fd);
    return status;
}

/* A process may end itself by abort(), and nobody else. */
static void filter_put_pid(struct sock_filter *code, unsigned short count)
{
    for (unsigned short i = 0; i < count; i++) {
        if (code[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && code[i].k == FILTER_OWN_PID)
            code[i].k = (uint32_t)getpid();
    }
}

enum restante_status filter_load(const struct filter *filter, struct restante_error *error)
{
    size_t size = (size_t)filter->count * sizeof(*filter->code);
    struct sock_filter *code = alloc_zeroed(size);
    memcpy(code, filter->code, size);
    filter_put_pid(code, filter->count);
    struct sock_fprog program = {.len = filter->count, .filter = code};
    long failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
    int errno_value = errno;
    free(code);
    if (failed == 0)
        return RESTANTE_OK;
    return error_set(error, RESTANTE_PERMANENT, errno_value, NULL, "cannot load the system call filter");
}

void filter_free(struct filter *filter)
{
    if (filter->code)
        munmap(filter->code, (size_t)filter->count * sizeof(*filter->code));
    *filter = (struct filter){0};
}

bool filter_is_available(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}
