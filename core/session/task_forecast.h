/*
 * session/task_forecast.h - when messages will go or be hidden, found by asking the policies about OPEN at times to
 * come, so that it works for any policy without its help.
 *
 * Two answers that differ have a moment between them; it is looked for down to a minute, by halves, after a guess from
 * what others of another age have done. What begins and ends between two of the times that are asked about first is not
 * found. It is taken that nothing else happens meanwhile: no session, no new mail.
 */
#ifndef SESSION_TASK_FORECAST_H
#define SESSION_TASK_FORECAST_H

#include "session/maildrop_foresee.h"
#include "session/task.h"

#define FORECAST_DAYS 730

/* Who decides it, where, and why. */
struct forecast_why {
    char *policy, *rule, *reason;
};

struct forecast_moment {
    int64_t from_s;   /* it is so at this time; 0: at none that was asked about */
    int64_t before_s; /* it was not so yet at this time */
    uint32_t why;     /* at from_s */
    uint8_t guesses;  /* that were made */
};

struct forecast_message {
    int64_t delivered_s, set_aside_until_s;
    struct forecast_moment going, hiding;
};

/* Zeroed: not begun. */
struct forecast {
    struct forecast_message *messages; /* of the driver's numbering, from 0 */
    size_t count;
    struct forecast_why *whys; /* number 0: its time in the state of being set aside is over */
    size_t whys_count;
    int64_t now_s;
    int64_t fetched_s;           /* as if a session had fetched everything then; 0: as it is */
    int64_t age_s;               /* at which one went: a guess for others; 0: not known yet, below: no use */
    size_t first;                /* of the first times, how many were asked about */
    uint64_t judged;             /* messages, in all questions */
    bool is_rough;               /* there were too many to look at each closely */
    bool has_failed;             /* a policy: nothing is foreseen */
    bool is_asking;
    int64_t asking_s;
    struct maildrop_foresight foresight;
};

/* For a maildrop that has been decided on at the session's time. */
void forecast_begin(struct forecast *forecast, const struct task *task, const struct restante_session_facts *session,
                    int64_t fetched_s);
/* RESTANTE_AGAIN: call again. */
enum restante_status forecast_step(struct forecast *forecast, const struct task *task,
                                   const struct restante_session_facts *session);
const struct forecast_why *forecast_why(const struct forecast *forecast, const struct forecast_moment *moment);
void forecast_free(struct forecast *forecast);

#endif
