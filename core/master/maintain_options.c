#include "master/maintain_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "master/master.h"
#include "util/clock.h"
#include "util/when.h"

static const struct option long_options[] = {
    {"user", required_argument, NULL, 'u'},  {"all", no_argument, NULL, 'a'},
    {"dry-run", no_argument, NULL, 'n'},     {"at", required_argument, NULL, 't'},
    {"force", no_argument, NULL, 'f'},       {"since", required_argument, NULL, 's'},
    {"by-peer", no_argument, NULL, 'p'},     {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0},
};

static const struct {
    const char *command, *use;
} uses[] = {
    {"explain", "restante policy explain [--at DATE|DURATION] [-c FILE] USER"},
    {"expire", "restante expire --user USER|--all [--dry-run] [--at DATE|DURATION] [--force] [-c FILE]"},
    {"forget", "restante forget [--force] [-c FILE] USER"},
    {"held", "restante held list [-c FILE] USER"},
    {"held", "restante held restore|purge [-c FILE] USER UIDL...|--all"},
    {"journal", "restante journal [--since DATE|DURATION] [--by-peer] [--json] [-c FILE] [USER]"},
};

void maintain_options_add(struct buf *arguments, const char *argument)
{
    if (argument)
        buf_append(arguments, argument, strlen(argument) + 1);
}

bool maintain_options_is_user(const char *name)
{
    return name[0] && strlen(name) <= RESTANTE_USER_MAX;
}

int maintain_options_wrong(const char *command, const char *text)
{
    fprintf(stderr, "restante: %s\n", text);
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if (strcmp(command, uses[i].command) == 0)
            fprintf(stderr, "usage: %s\n", uses[i].use);
    }
    return MASTER_EXIT_USAGE;
}

static unsigned option_of(int letter)
{
    switch (letter) {
    case 'u':
        return OPTION_USER;
    case 'a':
        return OPTION_ALL;
    case 'n':
        return OPTION_DRY_RUN;
    case 't':
        return OPTION_AT;
    case 'f':
        return OPTION_FORCE;
    case 's':
        return OPTION_SINCE;
    case 'p':
        return OPTION_BY_PEER;
    case 'j':
        return OPTION_JSON;
    default:
        return 0;
    }
}

static bool options_time(const char *command, const char *name, enum when_direction direction, int64_t *when_s)
{
    char text[256];
    if (when_parse(optarg, clock_now_s(), direction, when_s))
        return true;
    snprintf(text, sizeof(text), "%s \"%.100s\" is no time: write %s", name, optarg, WHEN_FORMS);
    maintain_options_wrong(command, text);
    return false;
}

/* One that the command has. False: it is wrong, and that was said. */
static bool options_take(const char *command, unsigned option, struct maintain_options *options)
{
    options->given |= option;
    if (option == OPTION_USER)
        options->user = optarg;
    else if (option == OPTION_AT)
        return options_time(command, "--at", WHEN_AHEAD, &options->at_s);
    else if (option == OPTION_SINCE)
        return options_time(command, "--since", WHEN_AGO, &options->since_s);
    return true;
}

bool maintain_options_parse(int argc, char **argv, unsigned allowed, struct maintain_options *options)
{
    const char *command = argv[0];
    char text[256];
    int letter;
    *options = (struct maintain_options){.file = RESTANTE_SYSCONFDIR "/restante/restante.conf"};
    opterr = 0;
    while ((letter = getopt_long(argc, argv, ":c:", long_options, NULL)) != -1) {
        unsigned option = option_of(letter);
        if (letter == 'c') {
            options->file = optarg;
        } else if (option & allowed) {
            if (!options_take(command, option, options))
                return false;
        } else {
            if (letter == ':')
                snprintf(text, sizeof(text), "%.100s needs a value", argv[optind - 1]);
            else
                snprintf(text, sizeof(text), "%s has no option %.100s", command, argv[optind - 1]);
            maintain_options_wrong(command, text);
            return false;
        }
    }
    options->arguments = argv + optind;
    options->arguments_count = (size_t)(argc - optind);
    return true;
}
