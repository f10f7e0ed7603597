/*
 * pop3/outcome.c - see outcome.h. Runs in frontends and workers.
 */
#include "pop3/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pop3/reply.h"
#include "util/str.h"

void outcome_set(struct outcome *outcome, enum outcome_kind kind)
{
    *outcome = (struct outcome){.kind = kind};
}

void outcome_ok(struct outcome *outcome, const char *format, ...)
{
    va_list arguments;
    outcome_set(outcome, OUTCOME_OK);
    va_start(arguments, format);
    vsnprintf(outcome->text, sizeof(outcome->text), format, arguments);
    va_end(arguments);
}

void outcome_multiline(struct outcome *outcome, const char *text, outcome_lines lines)
{
    outcome_ok(outcome, "%s", text);
    outcome->lines = lines;
}

void outcome_error(struct outcome *outcome, const char *code, const char *text)
{
    outcome_set(outcome, OUTCOME_ERROR);
    outcome->code = code;
    str_copy(outcome->text, sizeof(outcome->text), text);
}

void outcome_bad(struct outcome *outcome, const char *text)
{
    outcome_error(outcome, NULL, text);
    outcome->kind = OUTCOME_BAD;
}

void outcome_challenge(struct outcome *outcome, const char *text)
{
    outcome_set(outcome, OUTCOME_CHALLENGE);
    str_copy(outcome->text, sizeof(outcome->text), text);
}

void outcome_failure(struct outcome *outcome, enum restante_status status, const struct restante_error *error,
                     const char *general)
{
    bool is_permanent = status == RESTANTE_PERMANENT || status == RESTANTE_INVALID;
    outcome_error(outcome, is_permanent ? "SYS/PERM" : "SYS/TEMP", error && error->client[0] ? error->client : general);
}

void outcome_reply(const struct outcome *outcome, const void *session, struct buf *out)
{
    switch (outcome->kind) {
    case OUTCOME_OK:
        reply_ok(out, "%s", outcome->text);
        if (outcome->lines) {
            outcome->lines(session, out);
            reply_end(out);
        }
        break;
    case OUTCOME_ERROR:
    case OUTCOME_BAD:
        reply_error(out, outcome->code, "%s", outcome->text);
        break;
    case OUTCOME_CHALLENGE:
        reply_challenge(out, outcome->text, strlen(outcome->text));
        break;
    case OUTCOME_LATER:
        break;
    }
}
