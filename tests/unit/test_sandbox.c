/* What a drop promises, tried in a child each: as root for real, as an ordinary user what a user may ask for. */
#include "unit.h"

#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/capability.h"
#include "sandbox/sandbox.h"

enum { SOMEBODY = 54321, SOMEGROUP = 54322, OWNER = 61234 };

/* Runs `child` in a process of its own; its exit status says how it went. */
static int in_child(int (*child)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(child());
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static bool can_become_root(void)
{
    return setresuid(0, 0, 0) == 0 || setuid(0) == 0 || seteuid(0) == 0 || setresgid(0, 0, 0) == 0;
}

static int room_child(void)
{
    static const uint32_t groups[] = {7777};
    struct sandbox_identity identity = {
        .uid = SOMEBODY, .gid = SOMEGROUP, .groups = groups, .groups_count = 1, .chroot = "/proc"};
    struct restante_error error;
    gid_t group = 0;
    if (sandbox_enter(&identity, &error) != RESTANTE_OK)
        return 1;
    if (getuid() != SOMEBODY || getgid() != SOMEGROUP || getgroups(1, &group) != 1 || group != 7777)
        return 2;
    if (capability_permitted() != 0 || can_become_root() || sandbox_is_privileged())
        return 3;
    return access("/etc/passwd", F_OK) == 0 ? 4 : 0;
}

static int nursery_child(void)
{
    struct sandbox_identity room = {.uid = SOMEBODY, .gid = SOMEGROUP, .keep_setid = true};
    struct sandbox_identity owner = {.uid = OWNER, .gid = OWNER};
    struct sandbox_identity root = {.uid = 0, .gid = OWNER}, low = {.uid = 499, .gid = OWNER};
    struct restante_error error;
    if (sandbox_enter(&room, &error) != RESTANTE_OK)
        return 1;
    if (capability_permitted() != (CAPABILITY_SETUID | CAPABILITY_SETGID) || !sandbox_is_privileged())
        return 2;
    if (sandbox_become_owner(&root, 500, &error) == RESTANTE_OK || sandbox_become_owner(&low, 500, &error) == RESTANTE_OK)
        return 3;
    if (sandbox_become_owner(&owner, 500, &error) != RESTANTE_OK)
        return 4;
    /* The trap: capabilities survive a change between ordinary uids unless they are dropped. */
    if (capability_permitted() != 0 || can_become_root() || getuid() != OWNER || getgroups(0, NULL) != 0)
        return 5;
    /* And a second drop is refused: nothing privileged is left to do it with. */
    return sandbox_become_owner(&room, 500, &error) == RESTANTE_OK ? 6 : 0;
}

static int root_room_child(void)
{
    struct sandbox_identity identity = {.uid = 0, .gid = 0};
    struct restante_error error;
    return sandbox_enter(&identity, &error) == RESTANTE_OK ? 1 : 0;
}

static int user_child(void)
{
    struct sandbox_identity own = {.uid = SOMEBODY, .gid = SOMEGROUP}, other = {.uid = OWNER, .gid = OWNER};
    struct sandbox_identity jailed = {.uid = SOMEBODY, .gid = SOMEGROUP, .chroot = "/proc"};
    struct restante_error error;
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(SOMEGROUP, SOMEGROUP, SOMEGROUP) != 0 ||
                           setresuid(SOMEBODY, SOMEBODY, SOMEBODY) != 0))
        return 1;
    own.uid = getuid();
    if (sandbox_enter(&own, &error) != RESTANTE_OK || sandbox_become_owner(&own, 500, &error) != RESTANTE_OK)
        return 2;
    if (sandbox_enter(&other, &error) == RESTANTE_OK || sandbox_become_owner(&other, 500, &error) == RESTANTE_OK)
        return 3;
    jailed.uid = getuid();
    return sandbox_enter(&jailed, &error) == RESTANTE_OK ? 4 : 0;
}

static void rooms_cannot_regain_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_child(room_child), 0);
    assert_int_equal(in_child(root_room_child), 0);
}

static void workers_keep_nothing_of_the_nursery(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_child(nursery_child), 0);
}

static void users_stay_who_they_are(void **state)
{
    (void)state;
    assert_int_equal(in_child(user_child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rooms_cannot_regain_root),
        cmocka_unit_test(workers_keep_nothing_of_the_nursery),
        cmocka_unit_test(users_stay_who_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
