#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master/control_path.h"

static void the_setting_comes_before_the_state_folder(void **state)
{
    struct conf conf = {0};
    char path[256], small[12];
    (void)state;
    conf_add(&conf, "state", CONF_STRING, 0, "/srv/state", 1);
    assert_true(control_path_decide(&conf, true, path, sizeof(path)));
    assert_string_equal(path, "/srv/state/control");
    assert_false(control_path_decide(&conf, true, small, sizeof(small)));
    conf_add(&conf, "control", CONF_STRING, 0, "/run/restante/control", 2);
    assert_true(control_path_decide(&conf, true, path, sizeof(path)));
    assert_string_equal(path, "/run/restante/control");
    conf_free(&conf);
}

/* Bind by one address of the path, connect by another; then no longer there. */
static void talk(const char *path)
{
    struct sockaddr_un address;
    int folder;
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(control_path_address(path, &folder, &address));
    assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server, 1), 0);
    if (folder >= 0)
        close(folder);
    struct stat facts;
    assert_int_equal(lstat(path, &facts), 0);
    assert_true(S_ISSOCK(facts.st_mode));
    assert_true(control_path_address(path, &folder, &address));
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    if (folder >= 0)
        close(folder);
    close(client);
    close(server);
    assert_int_equal(unlink(path), 0);
}

static void paths_of_any_length_work(void **state)
{
    char folder[] = "/tmp/restante-control-XXXXXX", deep[256], path[512];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/control", folder);
    talk(path);
    /* Longer than an address can hold. */
    snprintf(deep, sizeof(deep), "%s/%0150d", folder, 0);
    assert_int_equal(mkdir(deep, 0700), 0);
    snprintf(path, sizeof(path), "%s/control", deep);
    assert_true(strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path));
    talk(path);
    assert_int_equal(rmdir(deep), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void what_cannot_be_an_address_is_refused(void **state)
{
    struct sockaddr_un address;
    char path[400];
    int folder;
    (void)state;
    snprintf(path, sizeof(path), "/nonexistent/%0150d/control", 0);
    assert_false(control_path_address(path, &folder, &address));
    assert_int_equal(folder, -1);
    snprintf(path, sizeof(path), "%0200d", 0); /* no folder to go by */
    assert_false(control_path_address(path, &folder, &address));
    snprintf(path, sizeof(path), "/tmp/%0150d", 0); /* the name alone is too long */
    assert_false(control_path_address(path, &folder, &address));
    assert_int_equal(folder, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_setting_comes_before_the_state_folder),
        cmocka_unit_test(paths_of_any_length_work),
        cmocka_unit_test(what_cannot_be_an_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
