/*
 * tests/rooms/probes/tries.h - what an intruder in a room would try. Included by the probe modules, which the tests
 * build and load; never installed. A try returns 0 when it worked, else an errno.
 */
#ifndef PROBES_TRIES_H
#define PROBES_TRIES_H

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct tries_try {
    const char *name;
    int (*run)(const char *argument); /* a path or a pid */
};

static int tries_result(long value)
{
    return value >= 0 ? 0 : errno;
}

static int tries_exec(const char *argument)
{
    char *const arguments[] = {(char *)argument, NULL};
    execve("/nowhere", arguments, NULL);
    return errno; /* ENOENT: it was let try */
}

static int tries_fork(const char *argument)
{
    (void)argument;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : tries_result(waitpid(pid, NULL, 0));
}

static int tries_socket(const char *argument)
{
    (void)argument;
    return tries_result(socket(AF_INET, SOCK_STREAM, 0));
}

static int tries_unix_socket(const char *argument)
{
    (void)argument;
    return tries_result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int tries_read(const char *argument)
{
    return tries_result(open(argument, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

static int tries_write(const char *argument)
{
    return tries_result(open(argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int tries_setuid(const char *argument)
{
    (void)argument;
    return tries_result(setuid(0));
}

/* Signal 0 touches nobody. */
static int tries_kill(const char *argument)
{
    (void)argument;
    return tries_result(kill(getppid(), 0));
}

static int tries_ptrace(const char *argument)
{
    (void)argument;
    return tries_result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int tries_mount(const char *argument)
{
    (void)argument;
    return tries_result(mount("none", "/nowhere", "tmpfs", 0, NULL));
}

static int tries_unshare(const char *argument)
{
    (void)argument;
    return tries_result(unshare(CLONE_FS));
}

static int tries_bpf(const char *argument)
{
    (void)argument;
    return tries_result(syscall(SYS_bpf, 0, NULL, 0));
}

static int tries_io_uring(const char *argument)
{
    (void)argument;
    return tries_result(syscall(SYS_io_uring_setup, 1, NULL));
}

static int tries_keyctl(const char *argument)
{
    (void)argument;
    return tries_result(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
}

static int tries_memfd(const char *argument)
{
    (void)argument;
    return tries_result(memfd_create("probe", MFD_CLOEXEC));
}

static int tries_userfaultfd(const char *argument)
{
    (void)argument;
    return tries_result(syscall(SYS_userfaultfd, -1));
}

static int tries_mprotect(const char *argument)
{
    (void)argument;
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? errno : tries_result(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static const struct tries_try tries[] = {
    {"exec", tries_exec},         {"fork", tries_fork},
    {"socket", tries_socket},     {"unix-socket", tries_unix_socket},
    {"read", tries_read},         {"write", tries_write},
    {"setuid", tries_setuid},     {"kill", tries_kill},
    {"ptrace", tries_ptrace},     {"mount", tries_mount},
    {"unshare", tries_unshare},   {"bpf", tries_bpf},
    {"io_uring", tries_io_uring}, {"keyctl", tries_keyctl},
    {"memfd", tries_memfd},       {"userfaultfd", tries_userfaultfd},
    {"mprotect", tries_mprotect},
};

/* "name" or "name:argument"; -1: there is no such try. */
static int tries_run(const char *text)
{
    size_t length = strcspn(text, ":");
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        if (strlen(tries[i].name) == length && strncmp(tries[i].name, text, length) == 0)
            return tries[i].run(text[length] ? text + length + 1 : "");
    }
    return -1;
}

#endif
