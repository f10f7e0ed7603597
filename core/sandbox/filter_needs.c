/*
 * What a module's declared needs change. RESTANTE_NEEDS_NETWORK adds sockets to a table. RESTANTE_NEEDS_EXEC and
 * RESTANTE_NEEDS_ROOT replace the table: programs and PAM modules call what they like, so that only those calls are
 * taken away that serve no login and have been the way out of many a sandbox.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sandbox/filter_tables.h"

static const struct filter_row network[] = {
    FILTER_ONLY(socket, 0, AF_UNIX),
    FILTER_ONLY(socket, 0, AF_INET),
    FILTER_ONLY(socket, 0, AF_INET6),
    FILTER_ONLY(socket, 0, AF_NETLINK), /* the resolver asks for the machine's addresses */
    FILTER_CALL(bind),
    FILTER_CALL(connect),
    FILTER_CALL(getpeername),
    FILTER_CALL(getsockname),
    FILTER_CALL(ioctl), /* FIONREAD, and the resolver's questions about interfaces */
    FILTER_CALL(recvmmsg),
    FILTER_CALL(sendmmsg),
    FILTER_CALL(setsockopt),
    FILTER_CALL(select),
    FILTER_CALL(pselect6),
};

const struct filter_table filter_needs_network = FILTER_TABLE(network);

static const struct filter_row no_network[] = {
    FILTER_REFUSED(socket, EACCES),
    FILTER_REFUSED(connect, EACCES),
    FILTER_REFUSED(ioctl, ENOTTY),
};

const struct filter_table filter_no_network = FILTER_TABLE(no_network);

static const struct filter_row denied[] = {
    /* other processes */
    FILTER_REFUSED(kcmp, EPERM),
    FILTER_REFUSED(pidfd_getfd, EPERM),
    FILTER_REFUSED(process_vm_readv, EPERM),
    FILTER_REFUSED(process_vm_writev, EPERM),
    FILTER_REFUSED(ptrace, EPERM),
    /* the view of the system */
    FILTER_REFUSED(chroot, EPERM),
    FILTER_REFUSED(fsconfig, EPERM),
    FILTER_REFUSED(fsmount, EPERM),
    FILTER_REFUSED(fsopen, EPERM),
    FILTER_REFUSED(fspick, EPERM),
    FILTER_REFUSED(mount, EPERM),
    FILTER_REFUSED(mount_setattr, EPERM),
    FILTER_REFUSED(move_mount, EPERM),
    FILTER_REFUSED(name_to_handle_at, EPERM),
    FILTER_REFUSED(open_by_handle_at, EPERM),
    FILTER_REFUSED(open_tree, EPERM),
    FILTER_REFUSED(pivot_root, EPERM),
    FILTER_REFUSED(setns, EPERM),
    FILTER_REFUSED(umount2, EPERM),
    FILTER_REFUSED(unshare, EPERM),
    /* the kernel */
    FILTER_REFUSED(acct, EPERM),
    FILTER_REFUSED(bpf, EPERM),
    FILTER_REFUSED(delete_module, EPERM),
    FILTER_REFUSED(finit_module, EPERM),
    FILTER_REFUSED(init_module, EPERM),
    FILTER_REFUSED(io_uring_enter, ENOSYS),
    FILTER_REFUSED(io_uring_register, ENOSYS),
    FILTER_REFUSED(io_uring_setup, ENOSYS),
    FILTER_REFUSED(iopl, EPERM),
    FILTER_REFUSED(ioperm, EPERM),
    FILTER_REFUSED(kexec_file_load, EPERM),
    FILTER_REFUSED(kexec_load, EPERM),
    FILTER_REFUSED(lookup_dcookie, EPERM),
    FILTER_REFUSED(mknod, EPERM),
    FILTER_REFUSED(mknodat, EPERM),
    FILTER_REFUSED(perf_event_open, EPERM),
    FILTER_REFUSED(personality, EPERM),
    FILTER_REFUSED(quotactl, EPERM),
    FILTER_REFUSED(reboot, EPERM),
    FILTER_REFUSED(settimeofday, EPERM),
    FILTER_REFUSED(clock_settime, EPERM),
    FILTER_REFUSED(clock_adjtime, EPERM),
    FILTER_REFUSED(adjtimex, EPERM),
    FILTER_REFUSED(swapoff, EPERM),
    FILTER_REFUSED(swapon, EPERM),
    FILTER_REFUSED(syslog, EPERM),
    FILTER_REFUSED(userfaultfd, EPERM),
    FILTER_REFUSED(vhangup, EPERM),
    /* keys of other logins */
    FILTER_REFUSED(add_key, EPERM),
    FILTER_REFUSED(keyctl, EPERM),
    FILTER_REFUSED(request_key, EPERM),
};

const struct filter_table filter_denied = FILTER_TABLE(denied);
