/*
 * Fuzz target "maildir_name": a file name in a Maildir, as anybody may have made it. Input: the name.
 *
 * Promises: the parts of a name are those that its format says (against a plain model); whatever a name is, the UIDL
 * made of it is legal, and no file can take a UIDL that was made for another; the flag S is added once, and the base
 * name never changes.
 */
#include "fuzz.h"
#include "kit_host.h"
#include "maildir/maildir.h"

const char fuzz_name[] = "maildir_name";

static bool is_uidl(const char *uidl)
{
    size_t length = strlen(uidl);
    for (size_t i = 0; i < length; i++)
        if (uidl[i] < 0x21 || uidl[i] > 0x7e)
            return false;
    return length >= 1 && length <= RESTANTE_UIDL_MAX;
}

/* The first part between commas that begins with "key=": all digits, and not too large. */
static bool model_field(const char *base, size_t base_length, char key, uint64_t *value)
{
    char copy[MAILDIR_NAME_MAX + 1], *rest, *end;
    memcpy(copy, base, base_length);
    copy[base_length] = '\0';
    rest = strchr(copy, ',');
    while (rest) {
        char *part = rest + 1;
        rest = strchr(part, ',');
        if (rest)
            *rest = '\0';
        if (part[0] != key || part[1] != '=')
            continue;
        size_t digits = strspn(part + 2, "0123456789");
        *value = strtoull(part + 2, &end, 10);
        return digits > 0 && part[2 + digits] == '\0' && *value != UINT64_MAX;
    }
    return false;
}

static void check_fields(const char *name, size_t base_length)
{
    for (const char *key = "SW"; *key; key++) {
        uint64_t value = 0, expected = 0;
        bool has = maildir_name_field(name, base_length, *key, &value);
        FUZZ_REQUIRE(has == model_field(name, base_length, *key, &expected));
        FUZZ_REQUIRE(!has || value == expected);
    }
    size_t digits = strspn(name, "0123456789");
    FUZZ_REQUIRE(maildir_name_number(name) == (digits > 0 ? strtoull(name, NULL, 10) : 0));
}

static void check_uidls(const char *name, size_t base_length)
{
    struct maildir_message message = {.base_length = (uint16_t)base_length, .number = maildir_name_number(name),
                                      .size = base_length, .mtime_s = -1, .mtime_ns = 999999999};
    char digest[RESTANTE_UIDL_MAX + 1], twin[RESTANTE_UIDL_MAX + 1], base[MAILDIR_NAME_MAX + 1];
    maildir_name_format_digest(&kit_host, name, base_length, digest);
    FUZZ_REQUIRE(is_uidl(digest) && !maildir_name_is_legal_uidl(digest, strlen(digest)));
    maildir_name_format_twin(&kit_host, name, &message, UINT64_MAX, twin);
    FUZZ_REQUIRE(is_uidl(twin));
    memcpy(base, name, base_length);
    base[base_length] = '\0';
    if (maildir_name_is_legal_uidl(name, base_length))
        FUZZ_REQUIRE(is_uidl(base));
}

static void check_seen(const char *name, size_t base_length)
{
    char seen[MAILDIR_NAME_MAX + 1], again[MAILDIR_NAME_MAX + 1];
    if (!maildir_name_format_seen(name, seen))
        return;
    FUZZ_REQUIRE(strlen(seen) <= MAILDIR_NAME_MAX);
    FUZZ_REQUIRE(maildir_name_base_length(seen) == base_length && memcmp(seen, name, base_length) == 0);
    FUZZ_REQUIRE(strncmp(seen + base_length, ":2,", 3) == 0);
    const char *flag = strchr(seen + base_length + 3, 'S');
    FUZZ_REQUIRE(flag && !strchr(flag + 1, 'S'));
    FUZZ_REQUIRE(strlen(seen) == (name[base_length] ? strlen(name) + 1 : strlen(name) + 4));
    FUZZ_REQUIRE(!maildir_name_format_seen(seen, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    char *name = fuzz_string(&input, MAILDIR_NAME_MAX);
    size_t base_length = maildir_name_base_length(name);
    FUZZ_REQUIRE(base_length <= strlen(name));
    check_fields(name, base_length);
    check_uidls(name, base_length);
    check_seen(name, base_length);
    bool is_hidden = name[0] == '.', has_control = false;
    for (const char *at = name; *at; at++)
        has_control |= (unsigned char)*at < 0x20 || *at == 0x7f;
    FUZZ_REQUIRE((maildir_name_fault(name) != NULL) == (is_hidden || has_control));
    free(name);
    return 0;
}
