/* What CAPA promises beside the commands (RFC 2449 sections 6.5 and 6.7): what policies announce, as arguments. */
#include "unit.h"

#include "pop3/authorization.h"

static const struct authorization_facts in_tls = {.is_tls = true, .allows_plain = true};

static void check_announced(const struct capa_announcements *announcements, const char *expected)
{
    struct buf out = {0};
    capa_print(&in_tls, announcements, &out);
    buf_append(&out, "", 1);
    const char *behind = strstr(buf_head(&out), "PIPELINING\r\n");
    assert_non_null(behind);
    assert_string_equal(behind + strlen("PIPELINING\r\n"), expected);
    buf_free(&out);
}

static void what_a_site_announces(void **state)
{
    (void)state;
    check_announced(&(struct capa_announcements){.expire = ""}, "IMPLEMENTATION Restante\r\n");
    check_announced(&(struct capa_announcements){.expire = "30 USER", .login_delay = "60 USER"},
                    "EXPIRE 30 USER\r\nLOGIN-DELAY 60 USER\r\nIMPLEMENTATION Restante\r\n");
    check_announced(&(struct capa_announcements){.login_delay = "60"},
                    "LOGIN-DELAY 60\r\nIMPLEMENTATION Restante\r\n");
}

static void check_policies_announced(int32_t expire_days, bool expire_differs, int32_t login_delay_s,
                                     bool login_delay_differs, const char *expire, const char *login_delay)
{
    const struct restante_announcement announcement = {.expire_days = expire_days, .expire_differs = expire_differs,
                                                       .login_delay_s = login_delay_s,
                                                       .login_delay_differs = login_delay_differs};
    struct capa_announcements announcements;
    capa_announce(&announcements, &announcement);
    assert_string_equal(announcements.expire, expire);
    assert_string_equal(announcements.login_delay, login_delay);
}

static void what_policies_announce(void **state)
{
    (void)state;
    check_policies_announced(RESTANTE_NO_ANNOUNCEMENT, false, RESTANTE_NO_ANNOUNCEMENT, false, "NEVER", "");
    check_policies_announced(RESTANTE_EXPIRE_NEVER, true, 0, false, "NEVER", "0");
    check_policies_announced(0, false, 60, true, "0", "60 USER");
    check_policies_announced(30, true, 1, false, "30 USER", "1");
    check_policies_announced(INT32_MAX, true, INT32_MAX, true, "2147483647 USER", "2147483647 USER");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_site_announces),
        cmocka_unit_test(what_policies_announce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
