#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "master/state_root.h"

static struct master master;
static uid_t owner;

static int open_root(void **state)
{
    static char folder[] = "/tmp/restante-state-XXXXXX";
    (void)state;
    master = (struct master){.is_root = geteuid() == 0, .state_fd = -1};
    owner = master.is_root ? 4711 : geteuid();
    if (!mkdtemp(folder))
        return -1;
    snprintf(master.state_root, sizeof(master.state_root), "%s", folder);
    master.state_fd = open(folder, O_RDONLY | O_DIRECTORY);
    return master.state_fd < 0;
}

static int close_root(void **state)
{
    char command[1100];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", master.state_root);
    state_root_close(&master);
    return system(command);
}

static bool make(const char *key, uid_t uid, struct message_state_dir_made *answer)
{
    struct message_state_dir request = {.request_id = 8, .uid = uid, .gid = getegid()};
    snprintf(request.key, sizeof(request.key), "%s", key);
    state_root_make(&master, &request, answer);
    assert_int_equal(answer->request_id, 8);
    return answer->is_made;
}

static void directory_belongs_to_its_owner(void **state)
{
    struct message_state_dir_made answer;
    struct stat facts;
    (void)state;
    assert_true(make("ab12", owner, &answer));
    assert_int_equal(fstatat(master.state_fd, "ab12", &facts, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(facts.st_mode & 07777, 0700);
    assert_int_equal(facts.st_uid, owner);
    assert_true(make("ab12", owner, &answer));
}

static void others_and_root_get_none(void **state)
{
    struct message_state_dir_made answer;
    (void)state;
    assert_true(make("cd34", owner, &answer));
    assert_false(make("cd34", owner + 1, &answer));
    assert_true(answer.log[0]);
    assert_false(make("ef56", 0, &answer) && master.is_root);
}

static void what_stands_in_the_way_is_refused(void **state)
{
    struct message_state_dir_made answer;
    (void)state;
    assert_int_equal(symlinkat("/etc", master.state_fd, "aa11"), 0);
    assert_false(make("aa11", owner, &answer));
    int fd = openat(master.state_fd, "bb22", O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_false(make("bb22", owner, &answer));
    /* What an interrupted attempt left does not stand in the way. */
    assert_int_equal(mkdirat(master.state_fd, "new-cc33", 0700), 0);
    assert_true(make("cc33", owner, &answer));
}

/* A server and commands beside it, each with a folder of its own opened, want the same directories at the same time. */
static void several_masters_do_not_take_each_others_away(void **state)
{
    enum { MASTERS = 4, DIRECTORIES = 200 };
    char key[32];
    struct message_state_dir_made answer;
    struct stat facts;
    pid_t children[MASTERS];
    (void)state;
    for (unsigned i = 0; i < MASTERS; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        unsigned failed = 0;
        master.state_fd = open(master.state_root, O_RDONLY | O_DIRECTORY);
        for (unsigned number = 0; number < DIRECTORIES; number++) {
            struct message_state_dir request = {.uid = owner, .gid = getegid()};
            snprintf(request.key, sizeof(request.key), "ee%02x", number);
            state_root_make(&master, &request, &answer);
            int fd = openat(master.state_fd, request.key, O_RDONLY | O_DIRECTORY);
            int lock = fd < 0 ? -1 : openat(fd, "lock", O_RDWR | O_CREAT, 0600); /* not in one that was replaced */
            failed += !answer.is_made || lock < 0;
            close(lock);
            close(fd);
        }
        _exit(failed > 0);
    }
    for (unsigned i = 0; i < MASTERS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    for (unsigned number = 0; number < DIRECTORIES; number++) {
        snprintf(key, sizeof(key), "ee%02x", number);
        assert_int_equal(fstatat(master.state_fd, key, &facts, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(facts.st_uid, owner);
        snprintf(key, sizeof(key), "new-ee%02x", number);
        assert_int_not_equal(fstatat(master.state_fd, key, &facts, AT_SYMLINK_NOFOLLOW), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directory_belongs_to_its_owner),
        cmocka_unit_test(others_and_root_get_none),
        cmocka_unit_test(what_stands_in_the_way_is_refused),
        cmocka_unit_test(several_masters_do_not_take_each_others_away),
    };
    return cmocka_run_group_tests(tests, open_root, close_root);
}
