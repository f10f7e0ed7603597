#include "module/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/fd.h"

enum { ELF_SEGMENTS_MAX = 64 };

static enum restante_status elf_file_short(struct restante_error *error, const char *path, uint64_t size,
                                           uint64_t promised)
{
    return error_set(error, RESTANTE_INVALID, 0, NULL,
                     "%s: cannot be loaded: truncated: it has %llu octets, but its headers speak of %llu", path,
                     (unsigned long long)size, (unsigned long long)promised);
}

static enum restante_status elf_file_no_module(struct restante_error *error, const char *path, const char *why)
{
    return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: cannot be loaded: %s", path, why);
}

static enum restante_status elf_file_check_header(const ElfW(Ehdr) * header, uint64_t size, const char *path,
                                                  struct restante_error *error)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return elf_file_no_module(error, path, "not a shared object: it does not begin as an ELF file");
    if (header->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) || header->e_type != ET_DYN)
        return elf_file_no_module(error, path, "not a shared object of this machine");
    if (header->e_phentsize != sizeof(ElfW(Phdr)) || header->e_phnum == 0 || header->e_phnum > ELF_SEGMENTS_MAX)
        return elf_file_no_module(error, path, "its program headers are not as they should be");
    uint64_t sections_end = header->e_shoff + (uint64_t)header->e_shnum * header->e_shentsize;
    return sections_end > size ? elf_file_short(error, path, size, sections_end) : RESTANTE_OK;
}

static enum restante_status elf_file_check_segments(int fd, const ElfW(Ehdr) * header, uint64_t size,
                                                    const char *path, struct restante_error *error)
{
    ElfW(Phdr) segments[ELF_SEGMENTS_MAX];
    size_t length = header->e_phnum * sizeof(segments[0]);
    if (pread(fd, segments, length, (off_t)header->e_phoff) != (ssize_t)length)
        return elf_file_short(error, path, size, header->e_phoff + length);
    for (size_t i = 0; i < header->e_phnum; i++) {
        uint64_t end = segments[i].p_offset + segments[i].p_filesz;
        if (end < segments[i].p_offset || end > size)
            return elf_file_short(error, path, size, end);
    }
    return RESTANTE_OK;
}

enum restante_status elf_file_check(const char *path, struct restante_error *error)
{
    ElfW(Ehdr) header;
    struct stat facts;
    enum restante_status status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &facts) != 0) {
        status = error_set(error, RESTANTE_INVALID, errno, NULL, "%s: cannot be read", path);
    } else if (fd_read_full(fd, &header, sizeof(header)) != (ssize_t)sizeof(header)) {
        status = elf_file_no_module(error, path, "not a shared object: it is too short");
    } else {
        uint64_t size = (uint64_t)facts.st_size;
        status = elf_file_check_header(&header, size, path, error);
        if (status == RESTANTE_OK)
            status = elf_file_check_segments(fd, &header, size, path, error);
    }
    fd_close(&fd);
    return status;
}
