#include "master/commands.h"

#include <stdio.h>
#include <string.h>

#include "admin/config_print.h"
#include "master/generation.h"
#include "master/slot.h"

static void print_faults(const struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        fprintf(stderr, "restante: %s\n", faults->sentences[i]);
}

/* Run in a mode, say what is wrong, hand over to `done` when nothing is. */
static int command_run(const char *file, enum room_mode mode, void (*done)(const struct generation *generation))
{
    static struct master master;
    master_open(&master, file, mode);
    int status = MASTER_EXIT_CONFIG;
    if (master.starting->faults.count == 0)
        status = master_run(&master);
    /* Once it is in force it has none, and what is wrong later is in the log. */
    if (master.starting && master.starting->faults.count > 0)
        print_faults(&master.starting->faults);
    else if (done && master.starting)
        done(master.starting);
    master_close(&master);
    return status;
}

int command_serve(const char *file)
{
    return command_run(file, ROOM_SERVE, NULL);
}

static void check_done(const struct generation *generation)
{
    const char *before = "";
    for (size_t i = 0; i < generation->slots_count; i++) {
        const struct master_slot *slot = generation->slots[i];
        const char *name = slot_room_name(slot->kind);
        if (strcmp(name, before) != 0)
            printf("%-12s %s\n", name, slot->confinement);
        before = name;
    }
    printf("%s: no faults\n", generation->master->file);
}

int command_check(const char *file)
{
    return command_run(file, ROOM_CHECK, check_done);
}

static void config_done(const struct generation *generation)
{
    admin_config_print(stdout, generation->master->file, &generation->conf, generation->module_settings,
                       generation->module_settings_count);
}

int command_config(const char *file)
{
    return command_run(file, ROOM_CHECK, config_done);
}

static void modules_done(const struct generation *generation)
{
    static const char *const names[] = {NULL, "storage", "auth", "policy"};
    for (unsigned kind = RESTANTE_KIND_STORAGE; kind <= RESTANTE_KIND_POLICY; kind++) {
        for (size_t i = 0; i < generation->modules_count; i++) {
            const struct message_module *module = &generation->modules[i];
            if (module->kind != kind)
                continue;
            if (module->refusal[0])
                printf("%-8s %-12s refused  %s\n", names[kind], module->name, module->refusal);
            else
                printf("%-8s %-12s ABI %u.%u  %s\n", names[kind], module->name, module->abi_major,
                       module->abi_minor, module->summary);
        }
    }
}

int command_modules(const char *file)
{
    return command_run(file, ROOM_INSPECT, modules_done);
}
