/*
 * Fuzz target "conf": any text as a configuration file. Input: the text, up to a NUL.
 *
 * Promises: it ends, within its budgets; it is good and complete or there are faults, each one line of printable text
 * with the file's name; the same text gives the same answer again.
 */
#include "conf/evaluate.h"
#include "conf/settings.h"
#include "fuzz.h"

const char fuzz_name[] = "conf";

static void check_faults(const struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        const char *sentence = faults->sentences[i];
        FUZZ_REQUIRE(strncmp(sentence, "fuzz.conf", 9) == 0);
        for (const char *at = sentence; *at; at++)
            FUZZ_REQUIRE((unsigned char)*at >= ' ' && *at != 0x7f);
        FUZZ_REQUIRE(strlen(sentence) < 4096);
    }
}

/* What rooms rely on: conf_bool and its like abort where a value is missing. */
static void check_complete(const struct conf *conf)
{
    FUZZ_REQUIRE(conf->is_sorted);
    FUZZ_REQUIRE(conf_list_count(conf, "listen") > 0 && conf_string(conf, "hostname")[0]);
    for (const struct settings_row *row = settings_table; row->path; row++)
        if (row->default_text && !strstr(row->path, "[]"))
            FUZZ_REQUIRE(conf_find(conf, "%s", row->path));
    for (size_t i = 0; i < conf->count; i++) {
        const struct conf_value *value = &conf->values[i];
        FUZZ_REQUIRE(conf_find(conf, "%s", value->path) && settings_find(value->path));
        FUZZ_REQUIRE(!value->text || strlen(value->text) <= 2047);
        FUZZ_REQUIRE(i == 0 || strcmp(conf->values[i - 1].path, value->path) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    char *text = fuzz_string(&input, 16384);
    struct conf conf = {0}, again = {0};
    struct faults faults = {0}, again_faults = {0};
    bool is_good = conf_evaluate_text("fuzz.conf", text, &conf, &faults);
    FUZZ_REQUIRE(is_good == (faults.count == 0));
    check_faults(&faults);
    if (is_good)
        check_complete(&conf);
    FUZZ_REQUIRE(conf_evaluate_text("fuzz.conf", text, &again, &again_faults) == is_good);
    FUZZ_REQUIRE(again.count == conf.count && again_faults.count == faults.count);
    conf_free(&conf);
    conf_free(&again);
    faults_free(&faults);
    faults_free(&again_faults);
    free(text);
    return 0;
}
