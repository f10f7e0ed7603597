/*
 * tests/fuzz/replay.c - a fuzz target without a fuzzer: plays its corpus, or the files given, and the empty input.
 * Ends as a cmocka test does, so that tests/unit/run.sh can count it: plain, under valgrind and with sanitizers.
 */
#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned played;

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat facts;
    if (!file || fstat(fileno(file), &facts) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    size_t length = (size_t)facts.st_size;
    uint8_t *data = malloc(length > 0 ? length : 1);
    FUZZ_REQUIRE(data && fread(data, 1, length, file) == length);
    fclose(file);
    fprintf(stderr, "[ RUN      ] %s\n", path);
    FUZZ_REQUIRE(LLVMFuzzerTestOneInput(data, length) == 0);
    fprintf(stderr, "[       OK ] %s\n", path);
    free(data);
    played++;
}

static int replay_is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *folder)
{
    struct dirent **entries;
    char path[PATH_MAX + NAME_MAX + 2];
    int count = scandir(folder, &entries, replay_is_visible, alphasort);
    if (count <= 0) {
        fprintf(stderr, "%s: no corpus here\n", folder);
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        replay_file(path);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    char folder[PATH_MAX];
    FUZZ_REQUIRE(LLVMFuzzerTestOneInput((const uint8_t *)"", 0) == 0);
    snprintf(folder, sizeof(folder), "%s/%s", FUZZ_CORPUS, fuzz_name);
    for (int i = 1; i < argc; i++)
        replay_file(argv[i]);
    if (argc < 2)
        replay_folder(folder);
    fprintf(stderr, "[  PASSED  ] %u test(s).\n", played);
    return 0;
}
