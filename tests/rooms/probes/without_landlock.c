/* Runs a command on a kernel that, as far as the command can tell, has no Landlock: without_landlock PROGRAM ARGUMENT … */
#include <errno.h>
#include <seccomp.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
    if (argc < 2 || !context ||
        seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) != 0 ||
        seccomp_load(context) != 0)
        return 99;
    execv(argv[1], argv + 1);
    return 98;
}
