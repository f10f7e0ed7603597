/*
 * file/file_line.h - one line of a passwd file: user:{SCHEME}hash:uid:gid:gecos:home:shell:extra fields.
 */
#ifndef FILE_FILE_LINE_H
#define FILE_FILE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum file_line_kind {
    FILE_LINE_NOTHING = 0, /* blank or a comment */
    FILE_LINE_ACCOUNT,
    FILE_LINE_BAD, /* `fault` says why; `user` is set when at least the name could be read */
};

/* Views into the line's text. */
struct file_line {
    const char *user, *secret, *home, *storage; /* home and storage: "" where not given */
    uint32_t uid, gid;
    bool has_uid, has_gid;
    bool is_disabled;  /* by the extra field nologin */
    const char *fault; /* a constant text */
};

/* Take a line (without its line end; text[length] is a NUL) apart; its text is changed. */
enum file_line_kind file_line_parse(struct file_line *line, char *text, size_t length);

#endif
