/* Calls a function that nobody has: with lazy binding it would load and end the process at the first call. */
#include <restante/policy.h>

extern enum restante_status restante_nobody_has_this(void *policy, const struct restante_facts *facts,
                                                     struct restante_verdict *verdict, struct restante_error *error);

static enum restante_status judge_by_nobody(void *policy, const struct restante_facts *facts,
                                            struct restante_verdict *verdict, struct restante_error *error)
{
    return restante_nobody_has_this(policy, facts, verdict, error);
}

#define SAMPLE_JUDGE judge_by_nobody
#include "sample.h"
