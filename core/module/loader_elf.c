/*
 * module/loader_elf.c - the parts of an ELF file that must be there before it is given to the dynamic linker. Refuses
 * with a sentence that names the field and both values.
 */
#include "module/loader_elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/fd.h"

#if UINTPTR_MAX > UINT32_MAX
enum { ELF_OWN_CLASS = ELFCLASS64 };
#else
enum { ELF_OWN_CLASS = ELFCLASS32 };
#endif

struct elf_file {
    const char *path;
    int fd;
    uint64_t size;
    ElfW(Ehdr) header;
    struct restante_error *error;
};

static enum restante_status elf_refuse_size(const struct elf_file *file, const char *what, uint64_t needed)
{
    return error_set(file->error, RESTANTE_INVALID, 0, NULL,
                     "%s: the file is truncated: it has %" PRIu64 " octets, but %s needs %" PRIu64, file->path,
                     file->size, what, needed);
}

/* The machine that this very program is for. */
static uint16_t elf_own_machine(void)
{
    ElfW(Ehdr) own = {.e_machine = EM_NONE};
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fd_read_full(fd, &own, sizeof(own)) != (ssize_t)sizeof(own))
        own.e_machine = EM_NONE;
    fd_close(&fd);
    return own.e_machine;
}

static enum restante_status elf_check_header(struct elf_file *file)
{
    const ElfW(Ehdr) *header = &file->header;
    ssize_t got = fd_read_full(file->fd, &file->header, sizeof(file->header));
    uint16_t machine = elf_own_machine();
    if (got < 0)
        return error_set(file->error, RESTANTE_INVALID, errno, NULL, "%s: cannot be read", file->path);
    if (got < SELFMAG || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return error_set(file->error, RESTANTE_INVALID, 0, NULL,
                         "%s: the file is no module: it begins with other octets than a shared object's \"\\177ELF\"",
                         file->path);
    if ((size_t)got < sizeof(*header))
        return elf_refuse_size(file, "a shared object's header", sizeof(*header));
    if (header->e_ident[EI_CLASS] != ELF_OWN_CLASS || (machine != EM_NONE && header->e_machine != machine))
        return error_set(file->error, RESTANTE_INVALID, 0, NULL,
                         "%s: the file is for machine %u (class %u), but this program is for machine %u (class %u)",
                         file->path, header->e_machine, header->e_ident[EI_CLASS], machine, ELF_OWN_CLASS);
    if (header->e_type != ET_DYN)
        return error_set(file->error, RESTANTE_INVALID, 0, NULL,
                         "%s: the file is of ELF type %u, but a module is of type %u, a shared object", file->path,
                         header->e_type, ET_DYN);
    return RESTANTE_OK;
}

/* Every segment, and the section table where there is one, lies inside the file. */
static enum restante_status elf_check_segments(const struct elf_file *file)
{
    const ElfW(Ehdr) *header = &file->header;
    uint64_t table_end = header->e_phoff + (uint64_t)header->e_phnum * sizeof(ElfW(Phdr));
    uint64_t needed = header->e_shoff ? header->e_shoff + (uint64_t)header->e_shnum * header->e_shentsize : 0;
    if (header->e_phentsize != sizeof(ElfW(Phdr)))
        return error_set(file->error, RESTANTE_INVALID, 0, NULL,
                         "%s: e_phentsize is %u, but a shared object's is %zu", file->path, header->e_phentsize,
                         sizeof(ElfW(Phdr)));
    if (header->e_phoff > file->size || table_end > file->size)
        return elf_refuse_size(file, "its table of segments", table_end);
    for (uint16_t i = 0; i < header->e_phnum; i++) {
        ElfW(Phdr) segment;
        off_t offset = (off_t)(header->e_phoff + i * sizeof(segment));
        if (pread(file->fd, &segment, sizeof(segment), offset) != (ssize_t)sizeof(segment))
            return error_set(file->error, RESTANTE_INVALID, errno, NULL, "%s: cannot be read", file->path);
        uint64_t end = segment.p_offset + (uint64_t)segment.p_filesz;
        if (end < segment.p_offset)
            end = UINT64_MAX;
        if (segment.p_type != PT_NULL && segment.p_filesz > 0 && end > needed)
            needed = end;
    }
    return needed > file->size ? elf_refuse_size(file, "what its header describes", needed) : RESTANTE_OK;
}

enum restante_status elf_check(const char *path, struct restante_error *error)
{
    struct elf_file file = {.path = path, .error = error};
    struct stat status;
    file.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file.fd < 0 || fstat(file.fd, &status) != 0) {
        fd_close(&file.fd);
        return error_set(error, RESTANTE_INVALID, errno, NULL, "%s: cannot be read", path);
    }
    enum restante_status result;
    file.size = (uint64_t)status.st_size;
    if (!S_ISREG(status.st_mode)) {
        result = error_set(error, RESTANTE_INVALID, 0, NULL, "%s: is no regular file, but a module must be one", path);
    } else {
        result = elf_check_header(&file);
        if (result == RESTANTE_OK)
            result = elf_check_segments(&file);
    }
    fd_close(&file.fd);
    return result;
}
