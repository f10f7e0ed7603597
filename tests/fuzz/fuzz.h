/*
 * tests/fuzz/fuzz.h - what every fuzz target is made of.
 *
 * A target defines fuzz_name (its corpus is tests/fuzz/corpus/<name>) and LLVMFuzzerTestOneInput. It crashes when a
 * promise is broken: FUZZ_REQUIRE. With clang's libFuzzer it is fuzzed; with any compiler replay.c plays the corpus.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char fuzz_name[];
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert: a target is never built without it. */
#define FUZZ_REQUIRE(promise)                                                                                         \
    do {                                                                                                              \
        if (!(promise)) {                                                                                             \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #promise);                             \
            abort();                                                                                                  \
        }                                                                                                             \
    } while (0)

/* The input, taken from its head: choices first, then what is left as the text. */
struct fuzz_input {
    const uint8_t *at, *end;
};

static inline size_t fuzz_left(const struct fuzz_input *input)
{
    return (size_t)(input->end - input->at);
}

/* A number from 0 to `max`, which is at most 65535; 0 when nothing is left. */
static inline size_t fuzz_number(struct fuzz_input *input, size_t max)
{
    size_t value = 0;
    for (size_t octets = max > 255 ? 2 : 1; octets > 0 && input->at < input->end; octets--)
        value = value << 8 | *input->at++;
    return value % (max + 1);
}

/* Up to `length` octets, in memory of exactly that size, so that reading past them is noticed; to be freed. */
static inline char *fuzz_copy(struct fuzz_input *input, size_t length, size_t *copied)
{
    *copied = length < fuzz_left(input) ? length : fuzz_left(input);
    char *copy = calloc(*copied > 0 ? *copied : 1, 1);
    FUZZ_REQUIRE(copy);
    if (*copied > 0)
        memcpy(copy, input->at, *copied);
    input->at += *copied;
    return copy;
}

/* The same as a string: up to a NUL or `length` octets. */
static inline char *fuzz_string(struct fuzz_input *input, size_t length)
{
    size_t left = length < fuzz_left(input) ? length : fuzz_left(input);
    const uint8_t *nul = left > 0 ? memchr(input->at, '\0', left) : NULL;
    size_t kept = nul ? (size_t)(nul - input->at) : left;
    char *copy = malloc(kept + 1);
    FUZZ_REQUIRE(copy);
    if (kept > 0)
        memcpy(copy, input->at, kept);
    copy[kept] = '\0';
    input->at += kept + (nul ? 1 : 0);
    return copy;
}

/* A small generator for choices that should not eat the input, such as where to cut it: the same for the same seed. */
static inline size_t fuzz_choose(uint32_t *seed, size_t max)
{
    *seed = *seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (*seed >> 8) % (max + 1);
}

#endif
