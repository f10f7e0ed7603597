/*
 * util/template.h - paths with ~, %{user}, %{local}, %{domain}, %{home}.
 *
 * What is filled in is expanded once (never again as a template) and cleaned: a user or domain is one path component,
 * so it may hold no "/", no NUL, no control byte, and not be "", "." or "..". The result is absolute, holds no "." or
 * ".." component and can therefore never leave the place that the template names.
 */
#ifndef UTIL_TEMPLATE_H
#define UTIL_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include <restante/module.h>

struct template_values {
    const char *user; /* %{user}; %{local} is what precedes its last "@", %{domain} what follows */
    const char *home; /* %{home} and a leading "~"; absolute, or NULL */
};

/* Is it a template that could be expanded? `why` (may be NULL) receives a short reason. */
bool template_check(const char *path, const char **why);
enum restante_status template_expand(char *to, size_t capacity, const char *path,
                                     const struct template_values *values, struct restante_error *error);
/*
 * The folder that the template's results lie in, whoever the user is: its components before the first variable, clean;
 * of a template that begins with the home that home.
 */
enum restante_status template_prefix(char *to, size_t capacity, const char *path,
                                     const struct template_values *values, struct restante_error *error);
/* Collapse "//" and "/./", drop a final "/", refuse ".." components and relative paths. */
bool template_clean(char *to, size_t capacity, const char *path);

#endif
