#include "util/template.h"

#include <string.h>

#include "util/error.h"
#include "util/str.h"

/* One component of a path, made from outside data. */
static bool template_is_component(const char *text, size_t length)
{
    if (length == 0 || (length == 1 && text[0] == '.') || (length == 2 && text[0] == '.' && text[1] == '.'))
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c == 0x7f || c == '/')
            return false;
    }
    return true;
}

bool template_clean(char *to, size_t capacity, const char *path)
{
    size_t used = 0;
    if (path[0] != '/' || capacity < 2)
        return false;
    while (*path) {
        while (*path == '/')
            path++;
        size_t length = strcspn(path, "/");
        if (length == 0)
            break;
        if (length == 2 && path[0] == '.' && path[1] == '.')
            return false;
        if (!(length == 1 && path[0] == '.')) {
            if (capacity - used < length + 2)
                return false;
            to[used++] = '/';
            memcpy(to + used, path, length);
            used += length;
        }
        path += length;
    }
    if (used == 0)
        to[used++] = '/';
    to[used] = '\0';
    return true;
}

enum template_variable { VARIABLE_USER, VARIABLE_LOCAL, VARIABLE_DOMAIN, VARIABLE_HOME, VARIABLE_NONE };

/* The variable that begins at `text` ("%{user}…") and how long its writing is. */
static enum template_variable template_variable(const char *text, size_t *length)
{
    static const char *const names[] = {"%{user}", "%{local}", "%{domain}", "%{home}"};
    for (size_t i = 0; i < VARIABLE_NONE; i++) {
        *length = strlen(names[i]);
        if (strncmp(text, names[i], *length) == 0)
            return (enum template_variable)i;
    }
    return VARIABLE_NONE;
}

/* The value of a variable: a part of the user name, or the home. */
static bool template_value(enum template_variable variable, const struct template_values *values, const char **text,
                           size_t *length)
{
    size_t local_length;
    const char *domain = str_domain(values->user, &local_length);
    *text = values->user;
    *length = strlen(values->user);
    switch (variable) {
    case VARIABLE_LOCAL:
        *length = local_length;
        break;
    case VARIABLE_DOMAIN:
        if (!domain)
            return false;
        *text = domain;
        *length = strlen(domain);
        break;
    case VARIABLE_HOME:
        if (!values->home || values->home[0] != '/')
            return false;
        *text = values->home;
        *length = strlen(values->home);
        return true;
    case VARIABLE_USER:
    case VARIABLE_NONE:
        break;
    }
    return template_is_component(*text, *length);
}

static bool template_append(char *to, size_t capacity, size_t *used, const char *text, size_t length)
{
    if (capacity - *used <= length)
        return false;
    memcpy(to + *used, text, length);
    *used += length;
    to[*used] = '\0';
    return true;
}

/* One step over `*path`: literal text or a variable. */
static enum restante_status template_step(char *to, size_t capacity, size_t *used, const char **path, bool at_start,
                                          const struct template_values *values, struct restante_error *error)
{
    const char *text = *path;
    size_t length, written;
    enum template_variable variable = VARIABLE_NONE;
    if (at_start && text[0] == '~' && (text[1] == '/' || !text[1])) {
        variable = VARIABLE_HOME;
        written = 1;
    } else if (text[0] == '%') {
        variable = template_variable(text, &written);
        if (variable == VARIABLE_NONE)
            return error_set(error, RESTANTE_INVALID, 0, NULL, "unknown variable at \"%.20s\"", text);
    } else {
        written = 1 + strcspn(text + 1, "%");
    }
    length = written;
    if (variable != VARIABLE_NONE && !template_value(variable, values, &text, &length))
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "%.*s has no usable value for user \"%.100s\"",
                         (int)written, *path, values->user);
    if (!template_append(to, capacity, used, text, length))
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "the path becomes longer than %zu octets", capacity);
    *path += written;
    return RESTANTE_OK;
}

enum restante_status template_expand(char *to, size_t capacity, const char *path,
                                     const struct template_values *values, struct restante_error *error)
{
    char raw[4096];
    size_t used = 0;
    const char *position = path;
    raw[0] = '\0';
    while (*position) {
        enum restante_status status =
            template_step(raw, sizeof(raw), &used, &position, position == path, values, error);
        if (status != RESTANTE_OK)
            return status;
    }
    if (!template_clean(to, capacity, raw))
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "\"%.200s\" is not a clean absolute path", raw);
    return RESTANTE_OK;
}

enum restante_status template_prefix(char *to, size_t capacity, const char *path,
                                     const struct template_values *values, struct restante_error *error)
{
    char raw[4096] = "/";
    size_t length = strcspn(path, "%");
    bool is_home = path[0] == '~' || strncmp(path, "%{home}", 7) == 0;
    const char *from = is_home ? values->home : path;
    if (is_home)
        length = from ? strlen(from) : 0;
    else if (path[length])
        while (length > 0 && path[length - 1] != '/')
            length--;
    if (from && length > 0 && length < sizeof(raw)) {
        memcpy(raw, from, length);
        raw[length] = '\0';
    }
    if (length < sizeof(raw) && template_clean(to, capacity, raw))
        return RESTANTE_OK;
    return error_set(error, RESTANTE_PERMANENT, 0, NULL, "\"%.200s\" does not begin with a clean absolute path", path);
}

bool template_check(const char *path, const char **why)
{
    const char *reason = NULL;
    size_t length;
    if (path[0] != '/' && strncmp(path, "~/", 2) != 0 && strcmp(path, "~") != 0 && strncmp(path, "%{home}", 7) != 0)
        reason = "a path must begin with \"/\", \"~/\" or \"%{home}\"";
    for (const char *at = strchr(path, '%'); at && !reason; at = strchr(at + 1, '%')) {
        if (template_variable(at, &length) == VARIABLE_NONE)
            reason = "the variables are %{user}, %{local}, %{domain} and %{home}";
    }
    for (const char *at = path; at && !reason; at = strchr(at, '/')) {
        at += strspn(at, "/");
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || !at[2]))
            reason = "\"..\" is not allowed";
    }
    if (why)
        *why = reason;
    return !reason;
}
