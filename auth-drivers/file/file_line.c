#include "file/file_line.h"

#include <restante/auth.h>

#include <string.h>

enum file_field { FIELD_USER, FIELD_SECRET, FIELD_UID, FIELD_GID, FIELD_GECOS, FIELD_HOME, FIELD_SHELL, FIELD_EXTRA,
                  FIELD_COUNT };

/* Tabs separate extra fields and do no harm in comments and gecos; elsewhere they are control bytes as others are. */
static bool has_control(const char *text, bool allow_tab)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < ' ' && !(allow_tab && c == '\t')) || c == 0x7f)
            return true;
    }
    return false;
}

static bool is_blank_or_comment(const char *text)
{
    text += strspn(text, " \t\r");
    return *text == '\0' || *text == '#';
}

/* Cut at colons; the last field keeps those of its own. Absent fields are empty. */
static size_t split_fields(char *fields[FIELD_COUNT], char *text)
{
    size_t count = 0;
    while (count < FIELD_COUNT) {
        fields[count++] = text;
        char *colon = count < FIELD_COUNT ? strchr(text, ':') : NULL;
        if (!colon)
            break;
        *colon = '\0';
        text = colon + 1;
    }
    for (size_t i = count; i < FIELD_COUNT; i++)
        fields[i] = text + strlen(text);
    return count;
}

static const char *check_user(const char *user)
{
    size_t length = strlen(user);
    if (length == 0)
        return "the user name is empty";
    if (length > RESTANTE_USER_MAX)
        return "the user name is too long";
    if (has_control(user, false) || strchr(user, '/'))
        return "the user name holds \"/\" or a control byte";
    if (user[0] == ' ' || user[length - 1] == ' ')
        return "the user name begins or ends with a blank";
    return NULL;
}

/* An id: decimal digits, below the value that means "none" to the kernel. */
static bool parse_id(const char *text, uint32_t *id, bool *has_id)
{
    uint64_t value = 0;
    *has_id = text[0] != '\0';
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
        if (value >= UINT32_MAX)
            return false;
    }
    *id = (uint32_t)value;
    return true;
}

static bool is_driver_path(const char *storage)
{
    size_t name = strspn(storage, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return name > 0 && storage[name] == ':' && storage[name + 1] != '\0' && strlen(storage) <= RESTANTE_HOME_MAX;
}

static bool is_key(const char *field, const char *key, const char **value)
{
    size_t length = strlen(key);
    if (strncmp(field, key, length) != 0 || (field[length] != '=' && field[length] != '\0'))
        return false;
    *value = field[length] == '=' ? field + length + 1 : field + length;
    return true;
}

static const char *parse_extra_field(struct file_line *line, const char *field)
{
    const char *value;
    if (is_key(field, "storage", &value)) {
        if (line->storage[0])
            return "storage is given twice";
        if (!is_driver_path(value))
            return "storage is not \"driver:path\"";
        line->storage = value;
    } else if (is_key(field, "nologin", &value)) {
        line->is_disabled = strcmp(value, "n") != 0 && strcmp(value, "no") != 0;
    } else if (is_key(field, "allow_nets", &value)) {
        /* A restriction that would not be kept must not be dropped in silence. */
        return "allow_nets is not supported: remove it to let this account log in from everywhere";
    }
    return NULL;
}

/* Fields of other programs are none of our business. */
static const char *parse_extra(struct file_line *line, char *text)
{
    const char *fault = NULL;
    while (!fault) {
        text += strspn(text, " \t");
        if (!*text)
            break;
        char *field = text;
        text += strcspn(text, " \t");
        if (*text)
            *text++ = '\0';
        fault = parse_extra_field(line, field);
    }
    return fault;
}

static const char *parse_fields(struct file_line *line, char *fields[FIELD_COUNT], size_t count)
{
    if (count < 2)
        return "there is no \":\" after the user name";
    line->secret = fields[FIELD_SECRET];
    line->home = fields[FIELD_HOME];
    if (strlen(line->secret) > RESTANTE_VERIFIER_MAX)
        return "the password field is too long";
    if (has_control(line->secret, false) || has_control(line->home, false))
        return "a control byte";
    if (has_control(fields[FIELD_GECOS], true) || has_control(fields[FIELD_SHELL], true) ||
        has_control(fields[FIELD_EXTRA], true))
        return "a control byte";
    if (!parse_id(fields[FIELD_UID], &line->uid, &line->has_uid))
        return "the uid is not a number that a user can have";
    if (!parse_id(fields[FIELD_GID], &line->gid, &line->has_gid))
        return "the gid is not a number that a group can have";
    if (line->has_gid && !line->has_uid)
        return "a gid without a uid";
    if (line->home[0] && line->home[0] != '/')
        return "the home is not an absolute path";
    if (strlen(line->home) > RESTANTE_HOME_MAX)
        return "the home is too long";
    return parse_extra(line, fields[FIELD_EXTRA]);
}

enum file_line_kind file_line_parse(struct file_line *line, char *text, size_t length)
{
    char *fields[FIELD_COUNT];
    bool has_nul = strlen(text) != length;
    *line = (struct file_line){.user = "", .secret = "", .home = "", .storage = ""};
    if (!has_nul && is_blank_or_comment(text))
        return FILE_LINE_NOTHING;
    if (!has_nul && text[length - 1] == '\r')
        text[length - 1] = '\0';
    size_t count = split_fields(fields, text);
    line->fault = check_user(fields[FIELD_USER]);
    if (line->fault)
        return FILE_LINE_BAD;
    line->user = fields[FIELD_USER];
    line->fault = has_nul ? "a control byte" : parse_fields(line, fields, count);
    return line->fault ? FILE_LINE_BAD : FILE_LINE_ACCOUNT;
}
