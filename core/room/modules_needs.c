#include "room/modules_needs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/alloc.h"

static void needs_add_folder(struct modules_needs *needs, const char *path)
{
    struct stat facts;
    char *folder = alloc_string(path);
    char *slash = strrchr(folder, '/');
    if ((stat(path, &facts) != 0 || !S_ISDIR(facts.st_mode)) && slash)
        slash[slash == folder] = '\0';
    needs->paths = alloc_resize(needs->paths, needs->paths_count + 1, sizeof(*needs->paths));
    needs->paths[needs->paths_count++] = (struct landlock_path){.path = folder, .right = LANDLOCK_READ};
}

static void needs_add_path(struct modules_needs *needs, const char *path)
{
    char *real = realpath(path, NULL);
    needs_add_folder(needs, path);
    if (real && strcmp(real, path) != 0) /* behind a symbolic link */
        needs_add_folder(needs, real);
    free(real);
}

void modules_needs_add(struct modules_needs *needs, const struct room_module *module)
{
    const struct restante_module *descriptor = module->loaded->descriptor;
    needs->needs |= descriptor->needs;
    for (size_t i = 0; descriptor->needs_paths && descriptor->needs_paths[i]; i++)
        needs_add_path(needs, descriptor->needs_paths[i]);
    for (size_t i = 0; i < descriptor->settings_count; i++) {
        if (descriptor->settings[i].type == RESTANTE_SETTING_PATH && module->values[i].is_set)
            needs_add_path(needs, module->values[i].text);
    }
}
