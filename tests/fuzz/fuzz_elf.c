/*
 * Fuzz target "elf": the head of a module file. Input: a choice and the file; one choice puts a right ELF header over
 * it, so that its tables are reached.
 *
 * Promises: a file is refused with a sentence or everything that its header names lies inside it.
 */
#include <elf.h>
#include <limits.h>
#include <link.h>

#include "fuzz.h"
#include "fuzz_folder.h"
#include "module/loader_elf.h"

const char fuzz_name[] = "elf";

static void make_plausible(char *file, size_t length)
{
    ElfW(Ehdr) header;
    FILE *own = fopen("/proc/self/exe", "rbe");
    FUZZ_REQUIRE(own && fread(&header, sizeof(header), 1, own) == 1);
    fclose(own);
    if (length < sizeof(header))
        return;
    ElfW(Ehdr) given;
    memcpy(&given, file, sizeof(given));
    memcpy(given.e_ident, header.e_ident, sizeof(given.e_ident));
    given.e_machine = header.e_machine;
    given.e_type = ET_DYN;
    given.e_phentsize = sizeof(ElfW(Phdr));
    given.e_phoff %= 256;
    given.e_phnum %= 8;
    memcpy(file, &given, sizeof(given));
}

static void check_inside(const char *file, size_t length)
{
    ElfW(Ehdr) header;
    ElfW(Phdr) segment;
    FUZZ_REQUIRE(length >= sizeof(header));
    memcpy(&header, file, sizeof(header));
    for (size_t i = 0; i < header.e_phnum; i++) {
        FUZZ_REQUIRE(header.e_phoff <= length && (i + 1) * sizeof(segment) <= length - header.e_phoff);
        memcpy(&segment, file + header.e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type != PT_NULL && segment.p_filesz > 0)
            FUZZ_REQUIRE(segment.p_offset <= length && segment.p_filesz <= length - segment.p_offset);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    struct restante_error error = {0};
    bool is_plausible = fuzz_number(&input, 1);
    char path[PATH_MAX];
    size_t length;
    char *file = fuzz_copy(&input, 4096, &length);
    if (is_plausible)
        make_plausible(file, length);
    fuzz_folder_write("module.so", file, length);
    snprintf(path, sizeof(path), "%s/module.so", fuzz_folder());
    if (elf_check(path, &error) == RESTANTE_OK)
        check_inside(file, length);
    else
        FUZZ_REQUIRE(error.log[0]);
    free(file);
    return 0;
}
