/* The PROXY protocol's header: every form, cut anywhere, and what is refused. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "frontend/proxy_header.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"

/* A whole header: the same with anything behind it, and never done before its last octet. */
static struct proxy_header take(const char *data, size_t length)
{
    struct proxy_header header;
    char more[PROXY_HEADER_MAX + 8];
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(proxy_header_parse(data, cut, &header), PROXY_MORE);
    memcpy(more, data, length);
    memcpy(more + length, "USER a\r\n", 8);
    assert_int_equal(proxy_header_parse(more, length + 8, &header), PROXY_DONE);
    assert_int_equal(header.length, length);
    assert_int_equal(proxy_header_parse(data, length, &header), PROXY_DONE);
    assert_int_equal(header.length, length);
    return header;
}

static void expect_client(const char *data, size_t length, const char *client)
{
    char text[64] = "none";
    struct proxy_header header = take(data, length);
    if (header.has_client)
        peer_format(&header.client, text, sizeof(text));
    assert_string_equal(text, client);
}

static void version_1(void **state)
{
    static const struct {
        const char *line, *client;
    } cases[] = {
        {"PROXY TCP4 192.0.2.1 198.51.100.1 56324 110\r\n", "192.0.2.1"},
        {"PROXY TCP4 255.255.255.255 0.0.0.0 0 65535\r\n", "255.255.255.255"},
        {"PROXY TCP6 2001:db8::1 2001:db8::2 56324 995\r\n", "2001:db8::1"},
        {"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1"},
        {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"PROXY UNKNOWN\r\n", "none"},
        {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
         "65535\r\n",
         "none"}, /* the longest there is: 107 octets */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_client(cases[i].line, strlen(cases[i].line), cases[i].client);
}

static void expect_malformed(const char *data, size_t length, const char *why)
{
    struct proxy_header header;
    if (proxy_header_parse(data, length, &header) != PROXY_MALFORMED)
        fail_msg("accepted: %.*s", (int)length, data);
    assert_false(header.has_client);
    if (strstr(header.why, why) == NULL)
        fail_msg("\"%s\" for \"%s\"", header.why, why);
}

static void version_1_malformed(void **state)
{
    static const char *const lines[] = {
        "PROXY\tTCP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\r\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n",
        "PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 \r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1\r\n",
        "PROXY TCP4 192.0.2.1\r\n",
        "PROXY TCP4 \r\n",
        "PROXY TCP4\r\n",
        "PROXY \r\n",
        "PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 -2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 x 2\r\n",
        "PROXY UNKNOWNS\r\n",
    };
    char line[200];
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        expect_malformed(lines[i], strlen(lines[i]), i < 2 ? "no PROXY header" : "malformed version 1 line");
    expect_malformed("PROXY TCP4 192.0.2.1\0 198.51.100.1 1 2\r\n", 40, "malformed version 1 line");
    /* 108 octets, with and without an end. */
    snprintf(line, sizeof(line), "PROXY UNKNOWN %093d", 0);
    struct proxy_header header;
    assert_int_equal(strlen(line), 107);
    assert_int_equal(proxy_header_parse(line, 106, &header), PROXY_MORE);
    expect_malformed(line, 107, "without an end");
    snprintf(line, sizeof(line), "PROXY UNKNOWN %092d\r\n", 0);
    expect_malformed(line, strlen(line), "without an end");
    snprintf(line, sizeof(line), "PROXY UNKNOWN %091d\r\n", 0);
    take(line, strlen(line));
}

static void no_header(void **state)
{
    static const char *const starts[] = {"U", "PX", "USER alice\r\n", "\r\n\r\nx", "\r\nQ", "\x16\x03\x01"};
    (void)state;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        expect_malformed(starts[i], strlen(starts[i]), "no PROXY header");
}

static void version_2(void **state)
{
    static const char ipv4[] = V2 "\x21\x11\0\x0c" "\xc0\0\x02\x01" "\xc6\x33\x64\x01" "\xdc\x04\0\x6e";
    static const char ipv6[] = V2 "\x21\x21\0\x24" "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                               "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02" "\xdc\x04\x03\xe3";
    static const char mapped[] = V2 "\x21\x21\0\x24" "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01"
                                 "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x02" "\xdc\x04\x03\xe3";
    static const char local[] = V2 "\x20\0\0\0";
    static const char local_with_waste[] = V2 "\x20\x77\0\x03" "abc";
    static const char unspec[] = V2 "\x21\0\0\x02" "zz";
    static const char extended[] = V2 "\x21\x11\0\x15" "\xc0\0\x02\x01" "\xc6\x33\x64\x01" "\xdc\x04\0\x6e"
                                   "\x04\0\0" "\x01\0\x03" "abc";
    (void)state;
    expect_client(ipv4, sizeof(ipv4) - 1, "192.0.2.1");
    expect_client(ipv6, sizeof(ipv6) - 1, "2001:db8::1");
    expect_client(mapped, sizeof(mapped) - 1, "192.0.2.1");
    expect_client(local, sizeof(local) - 1, "none");
    expect_client(local_with_waste, sizeof(local_with_waste) - 1, "none");
    expect_client(unspec, sizeof(unspec) - 1, "none");
    expect_client(extended, sizeof(extended) - 1, "192.0.2.1");
    char unix_path[16 + 216] = V2 "\x21\x31\0\xd8";
    expect_client(unix_path, sizeof(unix_path), "none");
}

static void version_2_longest(void **state)
{
    char data[PROXY_HEADER_MAX + 1] = V2 "\x21\x11\x07\xf0" "\xc0\0\x02\x01" "\xc6\x33\x64\x01" "\xdc\x04\0\x6e"
                                      "\x04\x07\xe1";
    (void)state;
    expect_client(data, PROXY_HEADER_MAX, "192.0.2.1");
    data[15] = '\xf1';
    expect_malformed(data, 16, "too long");
    memcpy(data + 14, "\xff\xff", 2);
    expect_malformed(data, 16, "too long");
}

static void version_2_malformed(void **state)
{
    static const struct {
        const char *data;
        size_t length;
        const char *why;
    } cases[] = {
        {V2 "\x11\x11\0\x0c", 16, "unknown version"},
        {V2 "\x31", 13, "unknown version"},
        {V2 "\x22", 13, "unknown version or command"},
        {V2 "\x21\x41\0\0", 16, "unknown family"},
        {V2 "\x21\x13\0\0", 16, "unknown family"},
        {V2 "\x21\x12\0\x0c" "abcdabcdpppp", 28, "not about a stream"},
        {V2 "\x21\x10\0\x0c" "abcdabcdpppp", 28, "not about a stream"},
        {V2 "\x21\x11\0\x0b" "abcdabcdppp", 27, "too short"},
        {V2 "\x21\x21\0\x23" "abcdabcdabcdabcdabcdabcdabcdabcdppp", 51, "too short"},
        {V2 "\x21\x31\0\x01" "a", 17, "too short"},
        {V2 "\x21\x11\0\x0d" "abcdabcdpppp\x04", 29, "extensions"},
        {V2 "\x21\x11\0\x0e" "abcdabcdpppp\x04\0", 30, "extensions"},
        {V2 "\x21\x11\0\x0f" "abcdabcdpppp\x04\0\x01", 31, "extensions"},
        {V2 "\x21\x11\0\x10" "abcdabcdpppp\x04\0\x02" "a", 32, "extensions"},
        {V2 "\x21\x11\0\x13" "abcdabcdpppp\x03\0\x04" "abcd", 35, "checksum"},
        {V2 "\x21\x11\0\x12" "abcdabcdpppp\x03\0\x03" "abc", 34, "checksum"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_malformed(cases[i].data, cases[i].length, cases[i].why);
}

/* As HAProxy 2.6 sent it with "send-proxy-v2 proxy-v2-options crc32c": its checksum is right, any other is not. */
static void version_2_checksum(void **state)
{
    char data[] = V2 "\x21\x11\0\x13" "\x7f\0\0\x01" "\x7f\0\0\x01" "\xcb\xf8\x46\xbe" "\x03\0\x04" "\x08\xc6\xfc\x6f";
    (void)state;
    expect_client(data, sizeof(data) - 1, "127.0.0.1");
    data[20] ^= 1;
    expect_malformed(data, sizeof(data) - 1, "checksum");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1),
        cmocka_unit_test(version_1_malformed),
        cmocka_unit_test(no_header),
        cmocka_unit_test(version_2),
        cmocka_unit_test(version_2_longest),
        cmocka_unit_test(version_2_malformed),
        cmocka_unit_test(version_2_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
