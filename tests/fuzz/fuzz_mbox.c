/*
 * Fuzz target "mbox": a mailbox that strangers wrote, with a cache and a journal that its owner may have written. Input:
 * choices, then the three files; some choices put right sums and identities over them, so that what stands behind is
 * reached.
 *
 * Promises: nothing outside the files is touched; a mailbox opens or is refused; what is listed lies in order within
 * the file and has a legal UIDL; without a journal the file is as it was, and without a cache there are as many messages
 * as a reader finds who goes line by line.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_folder.h"
#include "kit_host.h"
#include "mbox/mbox.h"
#include "mbox/mbox_journal_file.h"

const char fuzz_name[] = "mbox";

enum { HAS_CACHE = 1, HAS_JOURNAL = 2, CACHE_IS_PLAUSIBLE = 4, JOURNAL_IS_PLAUSIBLE = 8, COMMITS = 16, CHOICES = 32 };

/* As mbox_cache.c lays it out. */
struct cache {
    uint64_t checksum, magic;
    uint32_t version, record_size;
    uint64_t path_checksum;
    int64_t x_uidl_before_s;
    uint64_t quoting;
    struct mbox_stamp stamp;
    uint64_t first_checksum, last_checksum, count;
};

static struct mbox_driver driver = {.host = &kit_host, .locks = {MBOX_LOCK_FCNTL}, .locks_count = 1,
                                    .lock_timeout_ms = 1000, .window_octets = 64};
static int state_fd = -1;
static char path[256];

static void true_stamp(struct mbox_stamp *stamp)
{
    struct mbox mbox = {.host = &kit_host, .user = path, .path = path};
    mbox.fd = open(path, O_RDONLY | O_CLOEXEC);
    FUZZ_REQUIRE(mbox.fd >= 0 && mbox_file_stamp(&mbox, stamp, NULL) == RESTANTE_OK);
    close(mbox.fd);
}

static void make_cache_plausible(char *file, size_t length)
{
    struct cache header;
    if (length < sizeof(header))
        return;
    memcpy(&header, file, sizeof(header));
    header.magic = UINT64_C(0x3158424d54534552);
    header.version = 1;
    header.record_size = sizeof(struct mbox_message);
    header.path_checksum = kit_host.checksum(path, strlen(path));
    header.x_uidl_before_s = 0;
    header.quoting = 0;
    header.count = (length - sizeof(header)) / sizeof(struct mbox_message);
    true_stamp(&header.stamp);
    memcpy(file, &header, sizeof(header));
    header.checksum = kit_host.checksum(file + sizeof(uint64_t), length - sizeof(uint64_t));
    memcpy(file, &header, sizeof(header));
}

static uint64_t ending(const char *content, size_t size, uint64_t end, uint64_t length)
{
    if (end > size || length > end)
        return 0;
    if (length > JOURNAL_ENDING_OCTETS)
        length = JOURNAL_ENDING_OCTETS;
    return kit_host.checksum(content + end - length, (size_t)length);
}

static void make_journal_plausible(char *file, size_t length, const char *content, size_t size)
{
    struct journal_header header;
    struct mbox_stamp stamp;
    if (length < sizeof(header))
        return;
    memcpy(&header, file, sizeof(header));
    true_stamp(&stamp);
    header.magic = UINT64_C(0x314c4e4a42534552);
    header.version = 1;
    header.path_checksum = kit_host.checksum(path, strlen(path));
    header.device = stamp.device;
    header.inode = stamp.inode;
    header.count = 1 + header.count % 2;
    header.window_octets = 1 + header.window_octets % 64;
    header.first %= stamp.size + 1;
    header.old_size = stamp.size;
    size_t plan = header.count * sizeof(struct mbox_range);
    if (length < sizeof(header) + plan)
        return;
    header.new_size = header.first;
    for (uint64_t i = 0; i < header.count; i++) {
        struct mbox_range range;
        char *at = file + sizeof(header) + i * sizeof(range);
        memcpy(&range, at, sizeof(range));
        range.offset %= size + 1;
        range.length %= size + 1;
        range.ending = ending(content, size, range.offset + range.length, range.length);
        memcpy(at, &range, sizeof(range));
        header.new_size += range.length;
    }
    uint64_t gap = header.old_size - header.new_size, mark = gap - JOURNAL_KEPT_OCTETS;
    if (header.new_size < header.old_size && gap > JOURNAL_KEPT_OCTETS)
        header.ending = ending(content, size, header.old_size,
                               gap - (mark < JOURNAL_MARK_OCTETS ? mark : JOURNAL_MARK_OCTETS));
    uint64_t parts[2] = {kit_host.checksum((const char *)&header + sizeof(uint64_t), sizeof(header) - sizeof(uint64_t)),
                         kit_host.checksum(file + sizeof(header), plan)};
    header.checksum = kit_host.checksum(parts, sizeof(parts));
    memcpy(file, &header, sizeof(header));
    /* The windows, where the driver looks for them. */
    for (size_t place = 4096; place + sizeof(struct journal_window) <= length; place += 4096) {
        struct journal_window window;
        memcpy(&window, file + place, sizeof(window));
        window.id = header.id;
        window.length %= header.window_octets + 1;
        if (place + journal_file_window_size(window.length) > length)
            break;
        memcpy(file + place, &window, sizeof(window));
        window.checksum = kit_host.checksum(file + place + sizeof(uint64_t),
                                            journal_file_window_size(window.length) - sizeof(uint64_t));
        memcpy(file + place, &window, sizeof(window));
    }
}

/* Messages, line by line; SIZE_MAX: it is no mbox. */
static size_t count_model(const char *octets, size_t length)
{
    size_t count = 0;
    bool is_behind_blank = true;
    for (size_t at = 0, line; at < length; at += line) {
        const char *end = memchr(octets + at, '\n', length - at);
        line = end ? (size_t)(end - octets) + 1 - at : length - at;
        bool is_from = length - at >= 5 && memcmp(octets + at, "From ", 5) == 0;
        if (at == 0 && !is_from)
            return SIZE_MAX;
        count += is_from && is_behind_blank;
        is_behind_blank = end && (line == 1 || (line == 2 && octets[at] == '\r'));
    }
    return count;
}

static bool is_legal(const char *uidl)
{
    size_t length = strlen(uidl);
    for (size_t i = 0; i < length; i++)
        if (uidl[i] < 0x21 || uidl[i] > 0x7e)
            return false;
    return length >= 1 && length <= RESTANTE_UIDL_MAX;
}

static void check_list(struct mbox *mbox)
{
    uint64_t before = 0;
    for (size_t i = 0; i < mbox->list.count; i++) {
        const struct mbox_message *message = &mbox->list.messages[i];
        FUZZ_REQUIRE(message->offset >= before && message->start >= message->offset &&
                     message->end >= message->start && message->end <= mbox->stamp.size);
        before = message->end;
    }
    for (size_t i = 0; i < mbox_count(mbox); i++) {
        struct restante_message facts;
        char octets[512];
        void *reader = NULL;
        size_t length = 1;
        FUZZ_REQUIRE(mbox_stat(mbox, i, &facts, NULL) == RESTANTE_OK && is_legal(facts.uidl));
        enum restante_status status = mbox_read_open(mbox, i, &reader, NULL);
        while (status == RESTANTE_OK && length > 0)
            status = mbox_read(reader, octets, sizeof(octets), &length, NULL);
        mbox_read_close(&reader);
    }
}

static void check_commit(void *maildrop, size_t choice)
{
    size_t count = mbox_count(maildrop);
    uint8_t *fates = calloc(2 * count + 1, 1);
    FUZZ_REQUIRE(fates);
    for (size_t i = 0; i < count; i++)
        fates[i] = (choice >> (i % 5)) & 1 ? RESTANTE_DELETE : RESTANTE_KEEP;
    while (mbox_commit(maildrop, fates, fates + count, NULL) == RESTANTE_AGAIN)
        ;
    free(fates);
}

static void check_open(const char *content, size_t size, size_t choice)
{
    const struct restante_maildrop_request request = {.path = path, .user = "kim", .state_fd = state_fd};
    void *maildrop = NULL;
    enum restante_status status;
    do
        status = mbox_open(&driver, &request, &maildrop, NULL);
    while (status == RESTANTE_AGAIN);
    FUZZ_REQUIRE(status == RESTANTE_OK || status == RESTANTE_PERMANENT || status == RESTANTE_TEMPORARY);
    if (!(choice & (HAS_CACHE | HAS_JOURNAL))) {
        size_t wanted = count_model(content, size);
        FUZZ_REQUIRE((status == RESTANTE_OK) == (wanted != SIZE_MAX));
        if (status == RESTANTE_OK)
            FUZZ_REQUIRE(mbox_count(maildrop) == wanted - ((struct mbox *)maildrop)->hidden);
    }
    if (!(choice & HAS_JOURNAL)) {
        struct stat facts;
        FUZZ_REQUIRE(stat(path, &facts) == 0 && (size_t)facts.st_size == size);
    }
    if (status != RESTANTE_OK)
        return;
    check_list(maildrop);
    if (choice & COMMITS)
        check_commit(maildrop, choice);
    mbox_close(&maildrop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    size_t choice = fuzz_number(&input, CHOICES - 1), mailbox_length, cache_length, journal_length;
    char *mailbox = fuzz_copy(&input, fuzz_number(&input, 4096), &mailbox_length);
    char *cache = fuzz_copy(&input, fuzz_number(&input, 4096), &cache_length);
    char *journal = fuzz_copy(&input, 16384, &journal_length);
    if (state_fd < 0) {
        state_fd = fuzz_folder_open("state");
        snprintf(path, sizeof(path), "%s/box", fuzz_folder());
    }
    fuzz_folder_empty("state");
    kit_host_forget_log();
    fuzz_folder_write("box", mailbox, mailbox_length);
    if (choice & CACHE_IS_PLAUSIBLE)
        make_cache_plausible(cache, cache_length);
    if (choice & JOURNAL_IS_PLAUSIBLE)
        make_journal_plausible(journal, journal_length, mailbox, mailbox_length);
    if (choice & HAS_CACHE)
        fuzz_folder_write("state/cache-mbox", cache, cache_length);
    if (choice & HAS_JOURNAL)
        fuzz_folder_write("state/journal-mbox", journal, journal_length);
    check_open(mailbox, mailbox_length, choice);
    free(mailbox);
    free(cache);
    free(journal);
    return 0;
}
