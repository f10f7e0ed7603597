/*
 * What the rooms' confinement takes away, tried in a child each: every try works, or fails in its own way, without
 * confinement first. What a room needs goes on working.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/confine.h"
#include "sandbox/filter.h"
#include "sandbox/filter_tables.h"

/* A try's outcome: 0 for "it worked", an errno, or OUTCOME_KILLED. */
enum { OUTCOME_KILLED = 255, OUTCOME_FAULT = 254 };

typedef int (*attempt)(void);

static char folder[] = "/tmp/test_confine.XXXXXX";
static char file[64], other[64];

static int result(long value)
{
    return value >= 0 ? 0 : errno;
}

/* --- tries -------------------------------------------------------------------------------------------------------- */

static int try_exec(void)
{
    char *const arguments[] = {(char *)(uintptr_t) "true", NULL};
    char *const environment[] = {NULL};
    execve("/bin/true", arguments, environment); /* its status is 0 */
    return errno;
}

static int try_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : result(waitpid(pid, NULL, 0));
}

/* A process that shares something with this one is more than fork(). */
static int try_clone_with_shared_files(void)
{
    long pid = syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return result(pid);
}

static int try_socket(void)
{
    return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_connect(void)
{
    struct sockaddr_storage address = {.ss_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return fd < 0 ? errno : connect(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0 ? 0 : errno;
}

static int try_open_foreign(void)
{
    return result(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int try_open_own(void)
{
    return result(open(file, O_RDWR | O_CLOEXEC));
}

static int try_open_other(void)
{
    return result(open(other, O_RDWR | O_CLOEXEC));
}

static int try_make(void)
{
    char path[80];
    snprintf(path, sizeof(path), "%s.new", file);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 ? errno : result(unlink(path));
}

static int try_kill_parent(void)
{
    return result(kill(getppid(), 0));
}

static int try_abort_another(void)
{
    return result(syscall(SYS_tgkill, getppid(), getppid(), SIGABRT));
}

static int try_setuid_root(void)
{
    return result(setresuid(0, 0, 0));
}

static int try_setuid_wrapped(void)
{
    /* 2^32: root, for a kernel that looks at the lower half. */
    return result(syscall(SYS_setresuid, UINT64_C(1) << 32, UINT64_C(1) << 32, UINT64_C(1) << 32));
}

static int try_setuid_low(void)
{
    return result(setresuid(499, 499, 499));
}

static int try_setuid_owner(void)
{
    return result(setresuid(60000, 60000, 60000));
}

static int try_ptrace(void)
{
    return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int try_mount(void)
{
    return result(mount("none", "/nowhere-at-all", "tmpfs", 0, NULL)); /* without confinement: ENOENT or EPERM */
}

static int try_unshare(void)
{
    return result(unshare(CLONE_FS));
}

static int try_bpf(void)
{
    return result(syscall(SYS_bpf, 0, NULL, 0)); /* EINVAL or EPERM */
}

static int try_io_uring(void)
{
    return result(syscall(SYS_io_uring_setup, 1, NULL)); /* EFAULT */
}

static int try_keyctl(void)
{
    return result(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
}

static int try_memfd(void)
{
    return result(memfd_create("x", MFD_CLOEXEC));
}

static int try_userfaultfd(void)
{
    return result(syscall(SYS_userfaultfd, -1)); /* EINVAL */
}

static int try_executable_memory(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? errno : result(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static int try_executable_mapping(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? errno : 0;
}

static int try_number_minus_one(void)
{
    return result(syscall(-1)); /* ENOSYS */
}

static int try_no_such_call(void)
{
    return result(syscall(100000));
}

static int try_what_rooms_do(void)
{
    int ends[2];
    char octet;
    void *memory = malloc(1 << 20);
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(EPOLL_CLOEXEC);
    if (!memory || set < 0 || pipe2(ends, O_CLOEXEC) != 0 || epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event) != 0)
        return OUTCOME_FAULT;
    free(memory);
    if (write(ends[1], "x", 1) != 1 || epoll_wait(set, &event, 1, 1000) != 1 || read(ends[0], &octet, 1) != 1)
        return OUTCOME_FAULT;
    return 0;
}

static int try_abort(void)
{
    abort();
}

/* --- children ----------------------------------------------------------------------------------------------------- */

static const struct confine_plan *plan_of_child;

static int run_child(attempt try, const struct confine_plan *plan, int *signal_number)
{
    int status = 0;
    *signal_number = 0;
    pid_t pid = fork();
    if (pid == 0) {
        char report[CONFINE_REPORT_MAX + 1];
        struct faults faults = {0};
        if (plan && !confine(plan, report, &faults)) {
            for (size_t i = 0; i < faults.count; i++)
                fprintf(stderr, "%s\n", faults.sentences[i]);
            _exit(OUTCOME_FAULT);
        }
        _exit(try());
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    *signal_number = WTERMSIG(status);
    assert_false(WCOREDUMP(status));
    return OUTCOME_KILLED;
}

/* Killed for a forbidden call, or refused. */
static void expect(attempt try, int without, int with)
{
    int signal_number;
    if (without >= 0)
        assert_int_equal(run_child(try, NULL, &signal_number), without);
    assert_int_equal(run_child(try, plan_of_child, &signal_number), with);
    if (with == OUTCOME_KILLED)
        assert_int_equal(signal_number, SIGSYS);
}

static void plan_for(const struct confine_plan *plan)
{
    plan_of_child = plan;
}

/* What no room has, and what every room goes on doing. */
static void expect_common(void)
{
    int signal_number;
    expect(try_what_rooms_do, 0, 0);
    expect(try_ptrace, 0, OUTCOME_KILLED);
    expect(try_mount, -1, OUTCOME_KILLED);
    expect(try_unshare, 0, OUTCOME_KILLED);
    expect(try_bpf, -1, OUTCOME_KILLED);
    expect(try_io_uring, -1, OUTCOME_KILLED);
    expect(try_keyctl, -1, OUTCOME_KILLED);
    expect(try_memfd, 0, OUTCOME_KILLED);
    expect(try_userfaultfd, -1, OUTCOME_KILLED);
    expect(try_kill_parent, 0, OUTCOME_KILLED);
    expect(try_abort_another, -1, OUTCOME_KILLED);
    expect(try_executable_memory, 0, OUTCOME_KILLED);
    expect(try_no_such_call, ENOSYS, OUTCOME_KILLED);
    assert_int_equal(run_child(try_abort, plan_of_child, &signal_number), OUTCOME_KILLED);
    assert_int_equal(signal_number, SIGABRT);
}

static void expect_no_programs(void)
{
    expect(try_exec, 0, OUTCOME_KILLED);
    expect(try_fork, 0, OUTCOME_KILLED);
    expect(try_setuid_root, -1, OUTCOME_KILLED);
}

static void frontend_and_dispatcher_have_no_files(void **state)
{
    static const enum confine_kind kinds[] = {CONFINE_FRONTEND, CONFINE_AUTH};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct confine_plan plan = {.kind = kinds[i], .wish = CONFINE_REQUIRE};
        plan_for(&plan);
        expect_common();
        expect_no_programs();
        expect(try_open_foreign, 0, EACCES);
        expect(try_open_own, 0, EACCES);
        expect(try_socket, 0, OUTCOME_KILLED);
        expect(try_connect, -1, OUTCOME_KILLED);
        expect(try_executable_mapping, 0, OUTCOME_KILLED);
    }
}

static void auth_workers_read_what_their_driver_names(void **state)
{
    const struct landlock_path paths[] = {{folder, LANDLOCK_READ}, {"/nowhere/at/all", LANDLOCK_READ}};
    const struct confine_plan plan = {
        .kind = CONFINE_AUTH_WORKER, .wish = CONFINE_REQUIRE, .paths = paths, .paths_count = 2};
    (void)state;
    plan_for(&plan);
    expect_common();
    expect_no_programs();
    expect(try_open_foreign, 0, EACCES);
    expect(try_open_own, 0, EACCES); /* it would write */
    expect(try_socket, 0, EACCES);
    expect(try_executable_mapping, 0, EACCES);
}

static int try_read_own(void)
{
    return result(open(file, O_RDONLY | O_CLOEXEC));
}

static void needs_widen_and_only_as_declared(void **state)
{
    const struct landlock_path paths[] = {{folder, LANDLOCK_READ}};
    struct confine_plan plan = {
        .kind = CONFINE_AUTH_WORKER, .wish = CONFINE_REQUIRE, .paths = paths, .paths_count = 1};
    (void)state;
    plan_for(&plan);
    expect(try_read_own, 0, 0);
    plan.needs = RESTANTE_NEEDS_NETWORK;
    expect_common();
    expect_no_programs();
    expect(try_socket, 0, 0);
    expect(try_connect, EINVAL, EINVAL);
    expect(try_open_foreign, 0, 0); /* /etc: how names become addresses */
    expect(try_open_other, 0, EACCES);
    plan.needs = RESTANTE_NEEDS_EXEC;
    expect(try_exec, 0, 0);
    expect(try_fork, 0, 0);
    expect(try_open_other, 0, EACCES);
    expect(try_ptrace, 0, EPERM);
    expect(try_unshare, 0, EPERM);
    expect(try_keyctl, -1, EPERM);
    expect(try_io_uring, -1, ENOSYS);
    expect(try_kill_parent, 0, EPERM); /* Landlock's scope */
    plan = (struct confine_plan){.kind = CONFINE_AUTH_WORKER, .wish = CONFINE_REQUIRE, .keeps_root = true};
    expect(try_exec, 0, 0);
    expect(try_open_other, 0, 0);
    expect(try_ptrace, 0, EPERM);
}

static void nurseries_fork_and_become_only_owners(void **state)
{
    const struct confine_plan plan = {.kind = CONFINE_NURSERY, .wish = CONFINE_REQUIRE, .minimum_uid = 500};
    bool is_root = geteuid() == 0;
    (void)state;
    plan_for(&plan);
    expect_common();
    expect(try_fork, 0, 0);
    expect(try_exec, 0, OUTCOME_KILLED);
    expect(try_clone_with_shared_files, 0, OUTCOME_KILLED);
    expect(try_socket, 0, EACCES);
    expect(try_open_own, 0, 0); /* its workers will need it: the owner's rights and their own Landlock protect mail */
    expect(try_executable_mapping, 0, OUTCOME_KILLED);
    expect(try_setuid_root, is_root ? 0 : EPERM, EPERM);
    expect(try_setuid_wrapped, is_root ? 0 : EPERM, EPERM);
    expect(try_setuid_low, is_root ? 0 : EPERM, EPERM);
    if (is_root)
        expect(try_setuid_owner, 0, 0);
}

static struct confine_prepared *prepared;
static attempt worker_try;

/* As a nursery's worker does it: its own confinement inside the nursery's. */
static int worker_child(void)
{
    const struct landlock_path paths[] = {{folder, LANDLOCK_CHANGE}};
    struct restante_error error;
    return confine_enter(prepared, paths, 1, &error) == RESTANTE_OK ? worker_try() : OUTCOME_FAULT;
}

static void expect_worker(attempt try, int with)
{
    const struct confine_plan nursery = {.kind = CONFINE_NURSERY, .wish = CONFINE_REQUIRE, .minimum_uid = 500};
    int signal_number;
    worker_try = try;
    assert_int_equal(run_child(worker_child, &nursery, &signal_number), with);
    if (with == OUTCOME_KILLED)
        assert_int_equal(signal_number, try == try_abort ? SIGABRT : SIGSYS);
}

static void workers_have_their_mail_and_nothing_else(void **state)
{
    const struct confine_plan plan = {.kind = CONFINE_WORKER, .wish = CONFINE_REQUIRE, .memory_octets = 64 << 20};
    struct faults faults = {0};
    (void)state;
    prepared = confine_prepare(&plan, &faults);
    assert_non_null(prepared);
    expect_worker(try_what_rooms_do, 0);
    expect_worker(try_open_own, 0);
    expect_worker(try_make, 0);
    expect_worker(try_open_other, EACCES);
    expect_worker(try_open_foreign, EACCES);
    expect_worker(try_socket, EACCES);
    expect_worker(try_connect, EACCES);
    expect_worker(try_abort, OUTCOME_KILLED);
    static const attempt forbidden[] = {
        try_exec,    try_fork,  try_kill_parent, try_abort_another, try_ptrace,      try_setuid_root,
        try_mount,   try_bpf,   try_unshare,     try_io_uring,      try_keyctl,      try_setuid_owner,
        try_memfd,   try_userfaultfd,            try_executable_memory,              try_executable_mapping,
    };
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
        expect_worker(forbidden[i], OUTCOME_KILLED);
    confine_forget(&prepared);
    assert_null(prepared);
}

/* --- the build and the kernel ------------------------------------------------------------------------------------- */

/* Fault injection turns a call's number into -1: a release kills it, a build for fault injection lets it fail. */
static void only_a_fault_build_admits_number_minus_one(void **state)
{
    const struct confine_plan plan = {.kind = CONFINE_FRONTEND, .wish = CONFINE_REQUIRE};
    (void)state;
    plan_for(&plan);
#ifdef RESTANTE_FAULT_BUILD
    expect(try_number_minus_one, ENOSYS, ENOSYS);
#else
    expect(try_number_minus_one, ENOSYS, OUTCOME_KILLED);
#endif
}

static int try_limits(void)
{
    struct rlimit core, processes, size, data;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || getrlimit(RLIMIT_NPROC, &processes) != 0 ||
        getrlimit(RLIMIT_FSIZE, &size) != 0 || getrlimit(RLIMIT_DATA, &data) != 0)
        return OUTCOME_FAULT;
    return core.rlim_max == 0 && processes.rlim_max == 0 && size.rlim_max == 0 && data.rlim_max == 128 << 20 ? 0 : 1;
}

static void limits_are_set(void **state)
{
    const struct confine_plan plan = {.kind = CONFINE_AUTH_WORKER, .wish = CONFINE_REQUIRE,
                                      .memory_octets = 128 << 20};
    (void)state;
    plan_for(&plan);
    expect(try_limits, 1, 0);
}

static void off_is_off(void **state)
{
    const struct confine_plan plan = {.kind = CONFINE_FRONTEND, .wish = CONFINE_OFF};
    (void)state;
    plan_for(&plan);
    expect(try_socket, 0, 0);
    expect(try_fork, 0, 0);
}

static void wishes_have_names(void **state)
{
    (void)state;
    assert_int_equal(confine_wish_of("try"), CONFINE_TRY);
    assert_int_equal(confine_wish_of("require"), CONFINE_REQUIRE);
    assert_int_equal(confine_wish_of("off"), CONFINE_OFF);
}

/* A row that no machine can have is a mistake that must not pass for a filter. */
static void impossible_rows_are_refused(void **state)
{
    static const struct filter_row rows[] = {
        {.call = SCMP_SYS(read), .checks_count = 1, .checks = {{.argument = 9, .mask = FILTER_EXACTLY}}}};
    static const struct filter_table table = FILTER_TABLE(rows);
    struct filter filter;
    struct restante_error error;
    (void)state;
    assert_int_not_equal(filter_build(&filter, FILTER_KILL, &table, 1, &error), RESTANTE_OK);
    assert_null(filter.code);
}

static int make_files(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof(file), "%s/own", folder);
    snprintf(other, sizeof(other), "%s.other", folder);
    int fds[] = {open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    for (size_t i = 0; i < 2; i++)
        close(fds[i]);
    return fds[0] < 0 || fds[1] < 0 ? -1 : 0;
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(file) == 0 && unlink(other) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifndef RESTANTE_SANITIZED
        cmocka_unit_test(frontend_and_dispatcher_have_no_files),
        cmocka_unit_test(auth_workers_read_what_their_driver_names),
        cmocka_unit_test(needs_widen_and_only_as_declared),
        cmocka_unit_test(nurseries_fork_and_become_only_owners),
        cmocka_unit_test(workers_have_their_mail_and_nothing_else),
        cmocka_unit_test(only_a_fault_build_admits_number_minus_one),
        cmocka_unit_test(limits_are_set),
#endif
        cmocka_unit_test(off_is_off),
        cmocka_unit_test(wishes_have_names),
        cmocka_unit_test(impossible_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
