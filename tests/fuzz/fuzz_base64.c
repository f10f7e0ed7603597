/*
 * Fuzz target "base64": any text decoded, any octets encoded. Input: capacity, then the text.
 *
 * Promises: what was decoded encodes to the same text (one text for one meaning); what was encoded decodes to itself;
 * no octet past the capacity is written. The drivers' own decoder agrees with the core's.
 */
#include "common/decode.h"
#include "fuzz.h"
#include "util/base64.h"

const char fuzz_name[] = "base64";

static void check_decode(const char *text, size_t length, size_t capacity)
{
    size_t decoded_length = 0, expected_length = 0;
    char *decoded = malloc(capacity + 1), *again = malloc(BASE64_ENCODED_LENGTH(capacity) + 1);
    uint8_t *expected = malloc(capacity + 1);
    FUZZ_REQUIRE(decoded && again && expected);
    decoded[capacity] = 'x';
    bool is_decoded = base64_decode(decoded, capacity, &decoded_length, text, length);
    FUZZ_REQUIRE(decoded[capacity] == 'x');
    if (is_decoded) {
        FUZZ_REQUIRE(decoded_length <= capacity);
        base64_encode(again, decoded, decoded_length);
        FUZZ_REQUIRE(strlen(again) == length && memcmp(again, text, length) == 0);
    }
    char *string = strndup(text, length);
    if (strlen(string) == length && length > 0) {
        bool is_expected = decode_base64(expected, capacity, &expected_length, string);
        if (is_decoded)
            FUZZ_REQUIRE(is_expected && expected_length == decoded_length &&
                         memcmp(expected, decoded, decoded_length) == 0);
    }
    free(string);
    free(expected);
    free(again);
    free(decoded);
}

static void check_encode(const char *octets, size_t length)
{
    size_t again_length = 0;
    char *text = malloc(BASE64_ENCODED_LENGTH(length) + 1), *again = malloc(length + 1);
    FUZZ_REQUIRE(text && again);
    base64_encode(text, octets, length);
    FUZZ_REQUIRE(strlen(text) == BASE64_ENCODED_LENGTH(length));
    FUZZ_REQUIRE(base64_decode(again, length, &again_length, text, strlen(text)));
    FUZZ_REQUIRE(again_length == length && memcmp(again, octets, length) == 0);
    FUZZ_REQUIRE(length == 0 || !base64_decode(again, length - 1, &again_length, text, strlen(text)));
    free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    size_t capacity = fuzz_number(&input, 255), length;
    char *text = fuzz_copy(&input, 4096, &length);
    check_decode(text, length, capacity);
    check_decode(text, length, length);
    check_encode(text, length);
    free(text);
    return 0;
}
