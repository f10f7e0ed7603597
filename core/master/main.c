/*
 * restante - the master and the administrator's command. Finds the command, its configuration file, and runs it.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/passwd.h"
#include "master/commands.h"
#include "master/control_client.h"
#include "master/maintain_commands.h"
#include "master/master.h"
#include "master/policy_command.h"

static const char usage_text[] =
    "usage: restante COMMAND [-c FILE] [OPTION ...]\n"
    "\n"
    "  serve     run the server in the foreground\n"
    "  status    what the running server does (--json for programs)\n"
    "  reload    let it read its configuration again; waits for the outcome and says what is wrong\n"
    "  stop      let it end, and wait until it has\n"
    "  check     say everything that is wrong with the configuration, serve nothing\n"
    "  config    print the settings in force and where each comes from\n"
    "  modules   list the modules that are found, with kind, ABI and summary\n"
    "  policy    check and test: policy files; explain: what becomes of a user's messages, and why\n"
    "  passwd    make a password hash for a passwd file\n"
    "  version   print the version\n"
    "\n"
    "for the mail of people who need not log in, with or without a running server:\n"
    "\n"
    "  expire         remove what policies want to be removed: --all, or --user USER (--dry-run, --at DATE, --force)\n"
    "  held           list, restore or purge what is set aside or hidden: \"restante held list USER\"\n"
    "  journal [USER] what was done to messages, by whom and why (--since 7d, --by-peer, --json)\n"
    "  forget USER    forget what is known of the maildrop (--force: even where its mail cannot be opened)\n"
    "\n"
    "-c FILE     the configuration, instead of " RESTANTE_SYSCONFDIR "/restante/restante.conf\n"
    "-s SOCKET   status, reload, stop: the server's control socket, instead of the one the configuration names\n"
    "\n"
    "restante(8) and restante.conf(5) tell more.\n";

static int main_usage(const char *wrong)
{
    if (wrong)
        fprintf(stderr, "restante: %s\n\n", wrong);
    fputs(usage_text, stderr);
    return MASTER_EXIT_USAGE;
}

/* Options of the commands that take a configuration; NULL after saying what is wrong. */
static const char *main_file(int argc, char **argv)
{
    const char *file = RESTANTE_SYSCONFDIR "/restante/restante.conf";
    int option;
    opterr = 0;
    while ((option = getopt(argc, argv, "c:")) != -1) {
        if (option != 'c') {
            main_usage(optopt == 'c' ? "-c needs a file" : "unknown option");
            return NULL;
        }
        file = optarg;
    }
    if (optind < argc) {
        main_usage("too many arguments");
        return NULL;
    }
    return file;
}

/* "status", "reload" and "stop" speak to the server that runs. */
static int main_control(int argc, char **argv)
{
    static const struct option long_options[] = {{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
    const char *file = RESTANTE_SYSCONFDIR "/restante/restante.conf", *socket = NULL, *command = argv[0];
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "c:s:", long_options, NULL)) != -1) {
        if (option == 'c')
            file = optarg;
        else if (option == 's')
            socket = optarg;
        else if (option == 'j' && strcmp(argv[0], "status") == 0)
            command = "status-json";
        else
            return main_usage(optopt == 'c' ? "-c needs a file" : optopt == 's' ? "-s needs a socket" : "unknown option");
    }
    if (optind < argc)
        return main_usage("too many arguments");
    return control_client_run(file, socket, command);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const char *file);
    } commands[] = {
        {"serve", command_serve}, {"check", command_check}, {"config", command_config}, {"modules", command_modules}};
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } maintenance[] = {{"expire", command_expire}, {"forget", command_forget}, {"held", command_held}, {"journal", command_journal}};
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "passwd") == 0)
        return admin_passwd(argc - 1, argv + 1);
    if (strcmp(name, "policy") == 0)
        return policy_command(argc - 1, argv + 1);
    if (strcmp(name, "status") == 0 || strcmp(name, "reload") == 0 || strcmp(name, "stop") == 0)
        return main_control(argc - 1, argv + 1);
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0)
        return printf("restante %s\n", PACKAGE_VERSION) > 0 ? MASTER_EXIT_OK : MASTER_EXIT_FAILURE;
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return fputs(usage_text, stdout) >= 0 ? MASTER_EXIT_OK : MASTER_EXIT_FAILURE;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        const char *file = main_file(argc - 1, argv + 1);
        return file ? commands[i].run(file) : MASTER_EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof(maintenance) / sizeof(maintenance[0]); i++) {
        if (strcmp(name, maintenance[i].name) == 0)
            return maintenance[i].run(argc - 1, argv + 1);
    }
    return main_usage(argc > 1 ? "unknown command" : NULL);
}
