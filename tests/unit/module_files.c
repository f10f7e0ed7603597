#include "module_files.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"

static char module_files_root[64];

const char *module_files_begin(void)
{
    static const char *const kinds[] = {"policy", "storage", "auth"};
    snprintf(module_files_root, sizeof(module_files_root), "/tmp/restante-modules-XXXXXX");
    if (!mkdtemp(module_files_root))
        abort();
    for (size_t i = 0; i < 3; i++) {
        char *folder = alloc_format("%s/%s", module_files_root, kinds[i]);
        mkdir(folder, 0755);
        chmod(folder, 0755);
        free(folder);
    }
    return module_files_root;
}

static int module_files_remove(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void module_files_end(void)
{
    nftw(module_files_root, module_files_remove, 8, FTW_DEPTH | FTW_PHYS);
}

char *module_files_copy(const char *built, const char *as, size_t octets)
{
    static char buffer[8 << 20];
    char *from = alloc_format("%s/%s.so", TEST_MODULES, built);
    char *to = alloc_format("%s/%s", module_files_root, as);
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    if (!in || !out)
        abort();
    size_t length = fread(buffer, 1, octets ? octets : sizeof(buffer), in);
    fwrite(buffer, 1, length, out);
    fclose(in);
    fclose(out);
    chmod(to, 0644);
    free(from);
    return to;
}

char *module_files_write(const char *as, const char *text)
{
    char *to = alloc_format("%s/%s", module_files_root, as);
    FILE *out = fopen(to, "wb");
    if (!out)
        abort();
    fputs(text, out);
    fclose(out);
    chmod(to, 0644);
    return to;
}
