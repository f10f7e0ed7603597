/*
 * Fuzz target "maildir_cache": the cache file that a mailbox owner may have written. Input: choices, then the file; one
 * choice puts a right header and sum over it, so that what stands behind them is reached.
 *
 * Promises: a cache is used or is not there, nothing outside of it is read; with any cache a Maildir opens and has the
 * messages that are in it, with legal and different UIDLs.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_folder.h"
#include "kit_host.h"
#include "maildir/maildir.h"

const char fuzz_name[] = "maildir_cache";

/* As maildir_cache.c lays it out. */
struct header {
    uint64_t checksum, magic;
    uint32_t version, record_size;
    uint64_t path_checksum, count, text_length;
    struct maildir_stamp stamps[MAILDIR_FOLDERS];
    uint64_t is_proven;
};

static const char *const names[] = {"1000000000.a", "1000000001.b,S=3,W=4:2,S", "1000000002.c d"};
enum { NAMES = 3 };

static struct maildir_driver driver = {.host = &kit_host, .marks_seen = true};
static int state_fd = -1;
static char path[256];

static void make_maildir(void)
{
    if (state_fd >= 0)
        return;
    char name[320];
    close(fuzz_folder_open("new"));
    close(fuzz_folder_open("cur"));
    snprintf(path, sizeof(path), "%s", fuzz_folder());
    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof(name), "%s/%s", i == 1 ? "cur" : "new", names[i]);
        fuzz_folder_write(name, "x\ny", 3);
    }
    state_fd = fuzz_folder_open("state");
}

/* Give the file what a true one has, as much as it is long enough for. */
static void make_plausible(char *file, size_t length, bool has_true_stamps)
{
    struct header header;
    if (length < sizeof(header))
        return;
    memcpy(&header, file, sizeof(header));
    size_t left = length - sizeof(header);
    header.magic = UINT64_C(0x314944414d545352);
    header.version = 2;
    header.record_size = sizeof(struct maildir_message);
    header.path_checksum = kit_host.checksum(path, strlen(path));
    header.count %= left / sizeof(struct maildir_message) + 1;
    header.text_length = left - header.count * sizeof(struct maildir_message);
    if (has_true_stamps) {
        struct maildir maildir = {.host = &kit_host, .root = fuzz_folder_open("."), .path = path, .user = path};
        maildir.folders[MAILDIR_NEW] = fuzz_folder_open("new");
        maildir.folders[MAILDIR_CUR] = fuzz_folder_open("cur");
        maildir_folder_stamp(&maildir, header.stamps);
        close(maildir.root);
        close(maildir.folders[MAILDIR_NEW]);
        close(maildir.folders[MAILDIR_CUR]);
    }
    memcpy(file, &header, sizeof(header));
    size_t records = header.count * sizeof(struct maildir_message);
    uint64_t sum = 0;
    if (records > 0)
        sum = maildir_cache_sum(&kit_host, sum, file + sizeof(header), records);
    if (header.text_length > 0)
        sum = maildir_cache_sum(&kit_host, sum, file + sizeof(header) + records, header.text_length);
    header.checksum = maildir_cache_sum(&kit_host, sum, file + sizeof(uint64_t), sizeof(header) - sizeof(uint64_t));
    memcpy(file, &header, sizeof(header));
}

static bool is_legal(const char *uidl)
{
    size_t length = strlen(uidl);
    for (size_t i = 0; i < length; i++)
        if (uidl[i] < 0x21 || uidl[i] > 0x7e)
            return false;
    return length >= 1 && length <= RESTANTE_UIDL_MAX;
}

static void check_load(void)
{
    struct maildir maildir = {.host = &kit_host, .path = path, .user = path, .state_fd = state_fd};
    struct maildir_stamp stamps[MAILDIR_FOLDERS];
    bool is_proven;
    enum restante_status status;
    maildir.loading.fd = maildir.saving.fd = -1;
    do
        status = maildir_cache_load(&maildir, stamps, &is_proven);
    while (status == RESTANTE_AGAIN);
    if (status != RESTANTE_OK)
        return;
    struct maildir_list list = maildir.cached;
    for (size_t i = 0; i < list.count; i++) {
        const struct maildir_message *message = &list.messages[i];
        const char *name = maildir_list_name(&list, message);
        FUZZ_REQUIRE(strlen(name) == message->name_length && message->base_length <= message->name_length);
        FUZZ_REQUIRE(message->folder < MAILDIR_FOLDERS);
        if (message->uidl_at)
            FUZZ_REQUIRE(strlen(list.text + message->uidl_at) <= RESTANTE_UIDL_MAX);
        FUZZ_REQUIRE(maildir_list_run(&list, i) >= 1);
        (void)maildir_list_find(&list, message->number, name, message->base_length);
    }
    maildir_list_free(&list);
}

static void check_open(bool is_trusted)
{
    struct maildir_request_parts {
        struct restante_maildrop_request request;
    } parts = {.request = {.path = path, .user = "kim", .state_fd = state_fd}};
    void *maildrop = NULL;
    struct restante_message message[NAMES];
    enum restante_status status;
    do
        status = maildir_open(&driver, &parts.request, &maildrop, NULL);
    while (status == RESTANTE_AGAIN);
    FUZZ_REQUIRE(status == RESTANTE_OK);
    size_t count = maildir_count(maildrop);
    /* A cache that names the folders' own times is believed to list them; else they are listed. */
    FUZZ_REQUIRE(is_trusted || count == NAMES);
    for (size_t i = 0; i < count && i < NAMES; i++) {
        FUZZ_REQUIRE(maildir_stat(maildrop, i, &message[i], NULL) == RESTANTE_OK);
        FUZZ_REQUIRE(is_legal(message[i].uidl));
        for (size_t j = 0; j < i && !is_trusted; j++)
            FUZZ_REQUIRE(strcmp(message[i].uidl, message[j].uidl) != 0);
    }
    maildir_close(&maildrop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    size_t choice = fuzz_number(&input, 7), length;
    char *file = fuzz_copy(&input, 4096, &length);
    make_maildir();
    kit_host_forget_log();
    if (choice & 1)
        make_plausible(file, length, choice & 2);
    fuzz_folder_write("state/cache-maildir", file, length);
    check_load();
    if (choice & 4)
        check_open(choice & 1 && choice & 2);
    free(file);
    return 0;
}
