/*
 * Fuzz target "scheme": a stored secret and a tried one. Input: the stored text, a NUL, the tried secret.
 *
 * Promises: parsing never fails to say what the text is; a plain secret matches itself alone; two answers to one
 * question are the same. Costly hashes are only parsed.
 */
#include "common/scheme.h"
#include "common/scheme_table.h"
#include "fuzz.h"

const char fuzz_name[] = "scheme";

static struct scheme_work work;

/* A whole computation within a millisecond or so. */
static bool is_cheap(const struct scheme_stored *stored, const char *class)
{
    return stored->scheme->method != SCHEME_METHOD_CRYPT || strncmp(class, "CRYPT$1$", 8) == 0 ||
           strcmp(class, "CRYPT") == 0;
}

static void check_answer(const struct scheme_stored *stored, const char *tried, size_t length)
{
    uint64_t before = work.computations;
    enum scheme_answer answer = scheme_verify(&work, stored, tried, length);
    FUZZ_REQUIRE(work.computations == before + 1 || answer == SCHEME_FAILED);
    FUZZ_REQUIRE(scheme_verify(&work, stored, tried, length) == answer);
    if (stored->scheme->method == SCHEME_METHOD_PLAIN) {
        bool is_same = stored->length == length && memcmp(stored->value, tried, length) == 0;
        FUZZ_REQUIRE(answer == (is_same ? SCHEME_MATCH : SCHEME_MISMATCH));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    struct scheme_stored stored;
    char class[SCHEME_CLASS_MAX];
    char *text = fuzz_string(&input, 700), *tried = fuzz_string(&input, 600);
    enum scheme_state state = scheme_parse(&stored, text);
    if (state == SCHEME_USABLE) {
        FUZZ_REQUIRE(stored.scheme && stored.length > 0 && stored.length <= SCHEME_VALUE_MAX);
        FUZZ_REQUIRE(stored.value[stored.length] == '\0');
        scheme_class(class, &stored);
        FUZZ_REQUIRE(class[0] && memchr(class, '\0', sizeof(class)));
        if (is_cheap(&stored, class))
            check_answer(&stored, tried, strlen(tried));
    }
    free(text);
    free(tried);
    return 0;
}
