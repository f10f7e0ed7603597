/*
 * session/nursery_policy.c - from the list `policy` to a stack of started policies. A policy that does not start is a
 * fault, and the room is not ready: to go on without it would remove or show what it was there to keep.
 */
#include "session/nursery_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/str.h"

/* Names are keys of the ledger's store and words of the log. */
static bool policy_is_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && !name[length];
}

/* The line of "policy.1.keep" in "policy.1.keep: …"; of the item when it begins with no setting. */
static uint32_t policy_line(const struct room *room, const char *prefix, const char *sentence)
{
    char path[256];
    const struct conf_value *value = NULL;
    if (str_copy_n(path, sizeof(path), sentence, strcspn(sentence, ":")))
        value = conf_find(&room->conf, "%s", path);
    return value && value->line > 0 ? value->line : conf_module_line(&room->conf, prefix);
}

/* Policies that read keys themselves have put the line in front; to others it is added. */
static void policy_refuse(const struct room *room, const struct room_module *module, const struct restante_error *error,
                          struct faults *faults)
{
    const char *prefix = module->prefix;
    bool has_place = strncmp(error->log, prefix, strlen(prefix)) == 0;
    if (strncmp(error->log, "line ", 5) == 0)
        faults_add(faults, "%s", error->log);
    else if (has_place)
        faults_add(faults, "line %u: %s", policy_line(room, prefix, error->log), error->log);
    else
        faults_add(faults, "line %u: %s: the policy %s does not start: %s", policy_line(room, prefix, ""), prefix,
                   module->loaded->descriptor->name, error->log);
}

/* The name that the configuration, the policy or its module gives, in this order. */
static bool policy_take_name(const struct room *room, const struct room_module *module,
                             const struct policy_stack *stack, struct restante_policy_terms *terms,
                             struct faults *faults)
{
    const char *prefix = module->prefix, *configured = conf_string_or_null(&room->conf, "%s.name", prefix);
    terms->name[sizeof(terms->name) - 1] = '\0';
    if (configured)
        str_copy(terms->name, sizeof(terms->name), configured);
    else if (!terms->name[0])
        str_copy(terms->name, sizeof(terms->name), module->loaded->descriptor->name);
    if (!policy_is_name(terms->name)) {
        faults_add(faults, "line %u: %s: the policy is called \"%s\", but a name is of small letters, digits, \"-\" and "
                           "\"_\": give it one, as in name = \"%s\"",
                   policy_line(room, prefix, ""), prefix, terms->name, module->loaded->descriptor->name);
        return false;
    }
    for (size_t i = 0; i < stack->count; i++) {
        if (strcmp(stack->entries[i].terms.name, terms->name) != 0)
            continue;
        faults_add(faults, "line %u: %s: the policy is called \"%s\" like one before it, but what each keeps is told "
                           "apart by names: give it one of its own, as in name = \"%.58s-2\"",
                   policy_line(room, prefix, ""), prefix, terms->name, terms->name);
        return false;
    }
    return true;
}

/* True: it is in the stack, with its module. */
static bool policy_start(struct room *room, struct room_module *module, struct policy_stack *stack,
                         struct faults *faults)
{
    struct restante_error error = {0};
    const struct restante_policy_item item = {.path = module->prefix, .values = module->values, .keys = module->keys,
                                              .keys_count = module->keys_count};
    struct policy_entry entry = {.operations = module->loaded->descriptor->operations};
    entry.terms.announcement.expire_days = RESTANTE_NO_ANNOUNCEMENT;
    entry.terms.announcement.login_delay_s = RESTANTE_NO_ANNOUNCEMENT;
    if (entry.operations->start(modules_host(), &item, &entry.policy, &entry.terms, &error) != RESTANTE_OK) {
        policy_refuse(room, module, &error, faults);
        return false;
    }
    if (!policy_take_name(room, module, stack, &entry.terms, faults)) {
        entry.operations->stop(&entry.policy);
        return false;
    }
    if (!policy_stack_add(stack, &entry)) {
        faults_add(faults, "%s: there are too many policies", module->prefix);
        entry.operations->stop(&entry.policy);
        return false;
    }
    return true;
}

void nursery_policy_load(struct room *room, struct nursery_policies *policies, struct modules_needs *needs,
                         struct faults *faults)
{
    size_t count = conf_list_count(&room->conf, "policy");
    policies->modules = alloc_array(count, sizeof(*policies->modules));
    for (size_t number = 1; number <= count; number++) {
        char prefix[32];
        snprintf(prefix, sizeof(prefix), "policy.%zu", number);
        struct room_module *module = modules_load(room, RESTANTE_KIND_POLICY, prefix, faults);
        if (module && policy_start(room, module, &policies->stack, faults)) {
            policies->modules[policies->stack.count - 1] = module;
            modules_needs_add(needs, module);
        } else {
            modules_unload(&module);
        }
    }
}

void nursery_policy_close(struct nursery_policies *policies)
{
    size_t count = policies->stack.count;
    policy_stack_close(&policies->stack);
    while (count > 0)
        modules_unload(&policies->modules[--count]);
    free(policies->modules);
    *policies = (struct nursery_policies){0};
}
