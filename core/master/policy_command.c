/*
 * master/policy_command.c - one room, some files, lines of text. Works without a configuration: of one that is named
 * only the paths of modules and programs, the accounts and the confinement count.
 */
#include "master/policy_command.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master/maintain_commands.h"
#include "master/policy_trial.h"
#include "util/alloc.h"

#define POLICY_TEST_SUFFIX ".test.lua"

static void policy_add(struct master_trial *trial, const char *path)
{
    trial->files = alloc_resize(trial->files, trial->count + 1, sizeof(*trial->files));
    trial->files[trial->count++] = alloc_string(path);
}

static int policy_is_test(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), suffix = strlen(POLICY_TEST_SUFFIX);
    return length > suffix && strcmp(entry->d_name + length - suffix, POLICY_TEST_SUFFIX) == 0;
}

/* The test files of a folder, in the order of their names. False: it cannot be read. */
static bool policy_add_folder(struct master_trial *trial, const char *folder)
{
    struct dirent **entries;
    char path[PATH_MAX + 256];
    int count = scandir(folder, &entries, policy_is_test, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        policy_add(trial, path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count >= 0;
}

/* A folder of tests may also lie below the folder of what it tests. */
static bool policy_add_argument(struct master_trial *trial, const char *argument)
{
    char path[PATH_MAX], below[PATH_MAX + 8];
    struct stat facts;
    size_t before = trial->count;
    if (!realpath(argument, path) || stat(path, &facts) != 0) {
        fprintf(stderr, "restante: %s: %s\n", argument, strerror(errno));
        return false;
    }
    if (trial->operation == POLICY_CHECK || !S_ISDIR(facts.st_mode)) {
        policy_add(trial, path);
        return true;
    }
    snprintf(below, sizeof(below), "%s/tests", path);
    bool is_read = policy_add_folder(trial, path);
    if (!is_read)
        fprintf(stderr, "restante: %s: %s\n", argument, strerror(errno));
    else if (!policy_add_folder(trial, below) && errno != ENOENT)
        fprintf(stderr, "restante: %s: %s\n", below, strerror(errno));
    else if (trial->count == before)
        fprintf(stderr, "restante: %s: has no file whose name ends in " POLICY_TEST_SUFFIX "\n", argument);
    return trial->count > before;
}

static void policy_print_sum(const struct master_trial *trial)
{
    const char *files = trial->count == 1 ? "file" : "files";
    if (trial->operation == POLICY_TEST)
        printf("%u passed, %u failed, in %zu %s\n", trial->passed, trial->failed, trial->count, files);
    else if (trial->failed > 0)
        printf("%u %s in %zu %s\n", trial->failed, trial->failed == 1 ? "fault" : "faults", trial->count, files);
    else
        printf("no faults in %zu %s\n", trial->count, files);
}

static int policy_run(struct master_trial *trial, const char *file)
{
    static struct master master;
    char folder[PATH_MAX];
    if (getcwd(folder, sizeof(folder)) && folder[1])
        snprintf(trial->folder, sizeof(trial->folder), "%s/", folder);
    master_open(&master, file, ROOM_TRY);
    master.trial = trial;
    int status = MASTER_EXIT_CONFIG;
    if (master.starting->faults.count == 0)
        status = master_run(&master);
    fflush(stdout);
    for (size_t i = 0; i < master.starting->faults.count; i++)
        fprintf(stderr, "restante: %s\n", master.starting->faults.sentences[i]);
    master_close(&master);
    if (status != MASTER_EXIT_OK)
        return status;
    policy_print_sum(trial);
    return trial->failed > 0 ? MASTER_EXIT_FAILURE : MASTER_EXIT_OK;
}

static int policy_usage(const char *wrong)
{
    fprintf(stderr,
            "restante: policy: %s\n\n"
            "usage: restante policy check [-c FILE] [-d DRIVER] FILE...\n"
            "       restante policy test [-c FILE] [-d DRIVER] FOLDER|FILE...\n"
            "       restante policy explain [--at DATE|DURATION] [-c FILE] USER\n",
            wrong);
    return MASTER_EXIT_USAGE;
}

int policy_command(int argc, char **argv)
{
    struct master_trial trial = {.driver = "lua"};
    const char *file = NULL, *name = argc > 1 ? argv[1] : "";
    int option, status = MASTER_EXIT_FAILURE;
    if (strcmp(name, "explain") == 0)
        return command_explain(argc - 1, argv + 1);
    if (strcmp(name, "check") != 0 && strcmp(name, "test") != 0)
        return policy_usage(argc > 1 ? "knows check, test and explain" : "check, test or explain?");
    trial.operation = strcmp(name, "test") == 0 ? POLICY_TEST : POLICY_CHECK;
    opterr = 0;
    while ((option = getopt(argc - 1, argv + 1, "c:d:")) != -1) {
        if (option == 'c')
            file = optarg;
        else if (option == 'd')
            trial.driver = optarg;
        else
            return policy_usage(optopt == 'c' || optopt == 'd' ? "-c needs a file, -d the name of a module"
                                                               : "unknown option");
    }
    if (optind == argc - 1)
        return policy_usage("name a file");
    bool is_good = true;
    for (int i = optind; i < argc - 1; i++)
        is_good = policy_add_argument(&trial, argv[1 + i]) && is_good;
    if (is_good)
        status = policy_run(&trial, file);
    for (size_t i = 0; i < trial.count; i++)
        free(trial.files[i]);
    free(trial.files);
    return status;
}
