/*
 * tests/drivers/storage_kit.c - what every storage driver must do, through its loaded module and nothing else.
 *
 * Run from the build folder. KIT_LARGE=1 adds a message above 4 GiB.
 */
#include "../unit/unit.h"

#include "storage_kit.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_files.h"
#include "kit_host.h"

#define COUNT_MAX 64

struct message_text {
    const char *bytes;
    size_t length;
};
#define TEXT(literal) {literal, sizeof(literal) - 1}

static const struct message_text texts[] = {
    TEXT("Subject: plain\n\nhello\n"),
    TEXT(""),
    TEXT("Subject: no final newline\n\nhello"),
    TEXT("Subject: CRLF stored\r\n\r\nhello\r\n"),
    TEXT(".dot first\n..\n.\n\n.\n"),
    TEXT("Subject: NUL\n\na\0b\n\0\n"),
    TEXT("Subject: bare CR\n\na\rb\r\r\nc\r"),
    TEXT("no headers at all"),
    TEXT("\n"),
    TEXT("\n\n\nSubject: late\n"),
    TEXT("Subject: separator\n\nFrom somebody Thu Jan  1 00:00:00 1970\n>From x\n"),
    TEXT("Subject: mixed ends\r\n\n\r\nx\n"),
};
#define TEXTS_COUNT (sizeof(texts) / sizeof(texts[0]))

static const struct restante_storage *storage;
static void *driver;

struct box {
    char *folder, *path;
    int state_fd;
    unsigned open_before;
    size_t count;
    char uidls[COUNT_MAX][RESTANTE_UIDL_MAX + 1]; /* in the order of delivery */
    struct message_text texts[COUNT_MAX];
};

static void *box_try_open(const struct box *box, bool is_read_only, enum restante_status *status,
                          struct restante_error *error)
{
    struct restante_maildrop_request request = {
        .path = box->path, .user = "kit", .state_fd = box->state_fd, .is_read_only = is_read_only};
    void *maildrop = NULL;
    do {
        *status = storage->open(driver, &request, &maildrop, error);
        assert_true((maildrop != NULL) == (*status == RESTANTE_OK || *status == RESTANTE_AGAIN));
    } while (*status == RESTANTE_AGAIN);
    return maildrop;
}

static void *box_open(const struct box *box, bool is_read_only)
{
    struct restante_error error = {0};
    enum restante_status status;
    void *maildrop = box_try_open(box, is_read_only, &status, &error);
    if (status != RESTANTE_OK)
        fail_msg("open: %s", error.log);
    return maildrop;
}

struct source {
    struct message_text text;
    size_t done;
};

/* Gives odd pieces, so that drivers cannot rely on whole lines. */
static enum restante_status source_next(void *context, void *buffer, size_t capacity, size_t *length,
                                        struct restante_error *error)
{
    struct source *source = context;
    (void)error;
    *length = source->text.length - source->done;
    if (*length > 7)
        *length = 7;
    assert_true(*length <= capacity);
    if (*length > 0)
        memcpy(buffer, source->text.bytes + source->done, *length);
    source->done += *length;
    return RESTANTE_OK;
}

static void box_append(struct box *box, void *maildrop, struct message_text text)
{
    struct source source = {.text = text};
    struct restante_error error;
    assert_int_equal(storage->append(maildrop, source_next, &source, 0, box->uidls[box->count], &error), RESTANTE_OK);
    box->texts[box->count++] = text;
}

static int box_make(void **state)
{
    static struct box box;
    char path[600];
    box = (struct box){.open_before = kit_files_count_open(), .folder = kit_files_make_folder()};
    snprintf(path, sizeof(path), "%s/state", box.folder);
    assert_int_equal(mkdir(path, 0700), 0);
    box.state_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof(path), "%s/maildrop", box.folder);
    box.path = strdup(path);
    kit_host_tick_ms = 0;
    kit_host_ahead_s = 0;
    kit_host_forget_log();
    *state = &box;
    return 0;
}

/* With mail in it. */
static int box_fill(void **state)
{
    box_make(state);
    struct box *box = *state;
    void *maildrop = box_open(box, false);
    for (size_t i = 0; i < TEXTS_COUNT; i++)
        box_append(box, maildrop, texts[i]);
    storage->close(&maildrop);
    assert_null(maildrop);
    return 0;
}

static int box_drop(void **state)
{
    struct box *box = *state;
    close(box->state_fd);
    kit_files_remove_tree(box->folder);
    free(box->folder);
    free(box->path);
    return kit_files_count_open() == box->open_before ? 0 : -1; /* a driver's forgotten descriptor */
}

static size_t box_find(const struct box *box, void *maildrop, size_t delivered)
{
    struct restante_message message;
    for (size_t i = 0; i < storage->count(maildrop); i++) {
        assert_int_equal(storage->stat(maildrop, i, &message, NULL), RESTANTE_OK);
        if (strcmp(message.uidl, box->uidls[delivered]) == 0)
            return i;
    }
    return SIZE_MAX;
}

static char *message_read(void *maildrop, size_t index, size_t capacity, size_t *length)
{
    void *reader = NULL;
    char *bytes = calloc(1, 65536);
    size_t got;
    *length = 0;
    assert_int_equal(storage->read_open(maildrop, index, &reader, NULL), RESTANTE_OK);
    do {
        assert_int_equal(storage->read(reader, bytes + *length, capacity, &got, NULL), RESTANTE_OK);
        assert_true(got <= capacity);
        *length += got;
    } while (got > 0);
    storage->read_close(&reader);
    assert_null(reader);
    return bytes;
}

/* Stored and wanted become the same on the wire, and `stat` knew how much that is. */
static void message_check(void *maildrop, size_t index, struct message_text wanted, size_t capacity)
{
    struct restante_message message;
    char given_wire[65536], wanted_wire[65536];
    size_t length;
    char *given = message_read(maildrop, index, capacity, &length);
    uint64_t given_octets = kit_host_convert(given, length, given_wire);
    uint64_t wanted_octets = kit_host_convert(wanted.bytes, wanted.length, wanted_wire);
    assert_int_equal(storage->stat(maildrop, index, &message, NULL), RESTANTE_OK);
    assert_int_equal(message.octets, given_octets);
    assert_int_equal(given_octets, wanted_octets);
    assert_memory_equal(given_wire, wanted_wire, given_octets);
    free(given);
}

/* The delivered messages, but those of `without`, are all there is, and whole. */
static void box_check(const struct box *box, void *maildrop, const bool *without)
{
    size_t left = 0;
    for (size_t i = 0; i < box->count; i++) {
        size_t index = box_find(box, maildrop, i);
        if (without && without[i]) {
            assert_true(index == SIZE_MAX);
            continue;
        }
        assert_true(index < storage->count(maildrop));
        message_check(maildrop, index, box->texts[i], 64);
        left++;
    }
    assert_int_equal(storage->count(maildrop), left);
}

static enum restante_status box_commit(void *maildrop, const uint8_t *fates, uint8_t *removals)
{
    enum restante_status status;
    do
        status = storage->commit(maildrop, fates, removals, NULL);
    while (status == RESTANTE_AGAIN);
    return status;
}

static void a_missing_maildrop_is_empty_where_its_parent_is(void **state)
{
    struct box *box = *state;
    struct restante_error error;
    enum restante_status status;
    char *path = box->path, below[700];
    void *maildrop = box_open(box, false);
    assert_int_equal(storage->count(maildrop), 0);
    assert_int_equal(box_commit(maildrop, NULL, NULL), RESTANTE_OK);
    storage->close(&maildrop);
    snprintf(below, sizeof(below), "%s/deeper", path);
    box->path = below;
    assert_null(box_try_open(box, false, &status, &error));
    assert_int_equal(status, RESTANTE_TEMPORARY);
    assert_non_null(strstr(error.log, below));
    assert_null(strstr(error.client, below));
    box->path = path;
}

static void every_message_is_what_was_delivered(void **state)
{
    static const size_t capacities[] = {1, 2, 63, 4096};
    struct box *box = *state;
    void *maildrop = box_open(box, false);
    box_check(box, maildrop, NULL);
    for (size_t i = 0; i < box->count; i++)
        for (size_t j = 0; j < sizeof(capacities) / sizeof(capacities[0]); j++)
            message_check(maildrop, box_find(box, maildrop, i), box->texts[i], capacities[j]);
    storage->close(&maildrop);
}

static void uidls_are_legal_unique_and_stable(void **state)
{
    struct box *box = *state;
    char first[COUNT_MAX][RESTANTE_UIDL_MAX + 1];
    struct restante_message message;
    for (int round = 0; round < 3; round++) {
        void *maildrop = box_open(box, false);
        for (size_t i = 0; i < storage->count(maildrop); i++) {
            assert_int_equal(storage->stat(maildrop, i, &message, NULL), RESTANTE_OK);
            size_t length = strlen(message.uidl);
            assert_true(length >= 1 && length <= RESTANTE_UIDL_MAX);
            for (size_t j = 0; j < length; j++)
                assert_true(message.uidl[j] >= 0x21 && message.uidl[j] <= 0x7E);
            if (round == 0)
                memcpy(first[i], message.uidl, length + 1);
            assert_string_equal(first[i], message.uidl);
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(first[j], message.uidl);
        }
        storage->close(&maildrop);
        kit_host_ahead_s += 60; /* so that the driver trusts what it remembers */
    }
}

static void an_open_maildrop_does_not_change(void **state)
{
    struct box *box = *state;
    struct restante_message before[COUNT_MAX], after;
    void *maildrop = box_open(box, false);
    size_t count = storage->count(maildrop);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(storage->stat(maildrop, i, &before[i], NULL), RESTANTE_OK);
    box_append(box, maildrop, texts[0]);
    storage->correct(maildrop, 0, before[0].octets + 7);
    kit_adapter.remove(box->path, box->uidls[3]);
    assert_int_equal(storage->count(maildrop), count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(storage->stat(maildrop, i, &after, NULL), RESTANTE_OK);
        assert_string_equal(after.uidl, before[i].uidl);
        assert_int_equal(after.octets, before[i].octets);
    }
    storage->close(&maildrop);
}

static void exactly_the_marked_ones_are_removed(void **state)
{
    struct box *box = *state;
    bool without[COUNT_MAX] = {0};
    for (int round = 0; round < 2; round++) {
        uint8_t fates[COUNT_MAX] = {0}, removals[COUNT_MAX] = {0};
        void *maildrop = box_open(box, false);
        for (size_t i = (size_t)round; i < box->count; i += 3) {
            fates[box_find(box, maildrop, i)] = RESTANTE_DELETE;
            without[i] = true;
        }
        assert_int_equal(box_commit(maildrop, fates, removals), RESTANTE_OK);
        for (size_t i = 0; i < storage->count(maildrop); i++)
            assert_int_equal(removals[i], fates[i] == RESTANTE_DELETE ? RESTANTE_REMOVED : RESTANTE_NOT_REMOVED);
        storage->close(&maildrop);
        maildrop = box_open(box, false);
        box_check(box, maildrop, without);
        storage->close(&maildrop);
    }
}

static void without_commit_nothing_is_removed(void **state)
{
    struct box *box = *state;
    void *maildrop = box_open(box, false);
    storage->close(&maildrop);
    maildrop = box_open(box, false);
    box_check(box, maildrop, NULL);
    storage->close(&maildrop);
}

static void retrieved_ones_keep_uidl_and_place(void **state)
{
    struct box *box = *state;
    uint8_t fates[COUNT_MAX], removals[COUNT_MAX] = {0};
    struct restante_message before[COUNT_MAX], after;
    memset(fates, RESTANTE_KEEP_RETRIEVED, sizeof(fates));
    fates[2] = RESTANTE_KEEP;
    void *maildrop = box_open(box, false);
    for (size_t i = 0; i < box->count; i++)
        assert_int_equal(storage->stat(maildrop, i, &before[i], NULL), RESTANTE_OK);
    assert_int_equal(box_commit(maildrop, fates, removals), RESTANTE_OK);
    storage->close(&maildrop);
    maildrop = box_open(box, false);
    box_check(box, maildrop, NULL);
    for (size_t i = 0; i < box->count; i++) {
        assert_int_equal(removals[i], RESTANTE_NOT_REMOVED);
        assert_int_equal(storage->stat(maildrop, i, &after, NULL), RESTANTE_OK);
        assert_string_equal(after.uidl, before[i].uidl);
        assert_int_equal(after.delivered_s, before[i].delivered_s);
    }
    storage->close(&maildrop);
}

static void a_message_removed_by_others_is_an_error_of_its_own(void **state)
{
    struct box *box = *state;
    uint8_t fates[COUNT_MAX] = {0}, removals[COUNT_MAX] = {0};
    bool without[COUNT_MAX] = {[1] = true, [4] = true};
    struct restante_error error = {0};
    void *reader = NULL;
    void *maildrop = box_open(box, false);
    size_t gone = box_find(box, maildrop, 4);
    fates[gone] = fates[box_find(box, maildrop, 1)] = RESTANTE_DELETE;
    kit_adapter.remove(box->path, box->uidls[4]);
    assert_int_equal(storage->read_open(maildrop, gone, &reader, &error), RESTANTE_TEMPORARY);
    assert_null(reader);
    assert_true(error.log[0] != '\0');
    if (kit_adapter.is_one_file) {
        /* Nothing is removed from a file that is not the one that was listed. */
        without[1] = false;
        assert_int_equal(box_commit(maildrop, fates, removals), RESTANTE_TEMPORARY);
        for (size_t i = 0; i < box->count; i++)
            assert_int_equal(removals[i], RESTANTE_NOT_REMOVED);
        storage->close(&maildrop);
        maildrop = box_open(box, false);
        box_check(box, maildrop, without);
        storage->close(&maildrop);
        return;
    }
    message_check(maildrop, box_find(box, maildrop, 5), box->texts[5], 64);
    assert_int_equal(box_commit(maildrop, fates, removals), RESTANTE_OK);
    assert_int_equal(removals[gone], RESTANTE_REMOVED);
    storage->close(&maildrop);
    maildrop = box_open(box, false);
    box_check(box, maildrop, without);
    storage->close(&maildrop);
}

static void inspection_changes_nothing(void **state)
{
    struct box *box = *state;
    uint8_t fates[COUNT_MAX], removals[COUNT_MAX] = {0};
    struct source source = {.text = texts[0]};
    char uidl[RESTANTE_UIDL_MAX + 1];
    memset(fates, RESTANTE_DELETE, sizeof(fates));
    char *before = kit_files_describe(box->folder);
    void *maildrop = box_open(box, true);
    box_check(box, maildrop, NULL);
    storage->correct(maildrop, 0, 99999);
    assert_int_not_equal(storage->append(maildrop, source_next, &source, 0, uidl, NULL), RESTANTE_OK);
    assert_int_not_equal(box_commit(maildrop, fates, removals), RESTANTE_OK);
    storage->close(&maildrop);
    char *after = kit_files_describe(box->folder);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void the_cache_is_disposable(void **state)
{
    struct box *box = *state;
    int state_fd = box->state_fd;
    void *maildrop = box_open(box, false);
    storage->close(&maildrop);
    char path[700];
    snprintf(path, sizeof(path), "%s/state", box->folder);
    kit_files_remove_tree(path);
    maildrop = box_open(box, false); /* cannot be written either: the folder is gone */
    box_check(box, maildrop, NULL);
    storage->close(&maildrop);
    box->state_fd = -1;
    maildrop = box_open(box, false);
    box_check(box, maildrop, NULL);
    storage->close(&maildrop);
    box->state_fd = state_fd;
}

static void a_correction_reaches_the_next_session(void **state)
{
    struct box *box = *state;
    struct restante_message message;
    void *maildrop = box_open(box, false);
    assert_int_equal(storage->stat(maildrop, 5, &message, NULL), RESTANTE_OK);
    uint64_t octets = message.octets;
    storage->correct(maildrop, 5, octets + 1);
    storage->close(&maildrop);
    maildrop = box_open(box, false);
    assert_int_equal(storage->stat(maildrop, 5, &message, NULL), RESTANTE_OK);
    assert_int_equal(message.octets, octets + 1);
    storage->close(&maildrop);
}

static void bounded_steps_come_to_the_same_end(void **state)
{
    struct box *box = *state;
    uint8_t fates[COUNT_MAX] = {0}, removals[COUNT_MAX] = {0};
    bool without[COUNT_MAX] = {[0] = true, [7] = true};
    kit_host_tick_ms = 100;
    void *maildrop = box_open(box, false);
    box_check(box, maildrop, NULL);
    fates[box_find(box, maildrop, 0)] = fates[box_find(box, maildrop, 7)] = RESTANTE_DELETE;
    assert_int_equal(box_commit(maildrop, fates, removals), RESTANTE_OK);
    storage->close(&maildrop);
    maildrop = box_open(box, false);
    box_check(box, maildrop, without);
    storage->close(&maildrop);
}

static void a_session_may_end_at_any_step(void **state)
{
    struct box *box = *state;
    struct restante_maildrop_request request = {.path = box->path, .user = "kit", .state_fd = box->state_fd};
    kit_host_tick_ms = 100;
    for (unsigned steps = 1; steps < 20; steps++) {
        void *maildrop = NULL;
        for (unsigned i = 0; i < steps; i++)
            if (storage->open(driver, &request, &maildrop, NULL) == RESTANTE_OK)
                break;
        storage->close(&maildrop);
        assert_null(maildrop);
    }
    kit_host_tick_ms = 0;
    void *maildrop = box_open(box, false);
    box_check(box, maildrop, NULL);
    storage->close(&maildrop);
}

static enum restante_status source_fail(void *context, void *buffer, size_t capacity, size_t *length,
                                        struct restante_error *error)
{
    unsigned *calls = context;
    if ((*calls)++ > 2)
        return (kit_host.fail)(error, RESTANTE_TEMPORARY, 0, NULL, "the source broke");
    *length = capacity < 100 ? capacity : 100;
    memset(buffer, 'x', *length);
    return RESTANTE_OK;
}

static void a_failing_source_delivers_nothing(void **state)
{
    struct box *box = *state;
    unsigned calls = 0;
    char uidl[RESTANTE_UIDL_MAX + 1];
    struct restante_error error;
    void *maildrop = box_open(box, false);
    assert_int_equal(storage->append(maildrop, source_fail, &calls, 0, uidl, &error), RESTANTE_TEMPORARY);
    assert_string_equal(error.log, "the source broke");
    storage->close(&maildrop);
    maildrop = box_open(box, false);
    box_check(box, maildrop, NULL);
    storage->close(&maildrop);
}

static void a_message_above_4_gib_has_its_size(void **state)
{
    struct box *box = *state;
    struct restante_message message;
    const uint64_t body = (UINT64_C(4) << 30) + 12345;
    if (!getenv("KIT_LARGE"))
        skip();
    kit_adapter.make_large(box->path, body);
    kit_host_tick_ms = 1;
    void *maildrop = box_open(box, false);
    assert_int_equal(storage->count(maildrop), 1);
    assert_int_equal(storage->stat(maildrop, 0, &message, NULL), RESTANTE_OK);
    assert_true(message.octets == 8 + body + 2); /* "A: b" CRLF CRLF, the body, the line end it lacks */
    storage->close(&maildrop);
}

static int kit_load(void **state)
{
    struct restante_error error;
    (void)state;
    /* Not closed again: leak checkers need the names. */
    void *handle = dlopen(kit_adapter.module, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        fail_msg("%s", dlerror());
    const struct restante_module *module = dlsym(handle, "restante_module");
    assert_non_null(module);
    assert_int_equal(module->magic, RESTANTE_MODULE_MAGIC);
    assert_int_equal(module->kind, RESTANTE_KIND_STORAGE);
    assert_int_equal(module->operations_size, sizeof(struct restante_storage));
    storage = module->operations;
    return storage->start(&kit_host, kit_adapter.values, &driver, &error) == RESTANTE_OK ? 0 : -1;
}

static int kit_unload(void **state)
{
    (void)state;
    storage->stop(&driver);
    return driver ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_missing_maildrop_is_empty_where_its_parent_is, box_make, box_drop),
        cmocka_unit_test_setup_teardown(every_message_is_what_was_delivered, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(uidls_are_legal_unique_and_stable, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(an_open_maildrop_does_not_change, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(exactly_the_marked_ones_are_removed, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(without_commit_nothing_is_removed, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(retrieved_ones_keep_uidl_and_place, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(a_message_removed_by_others_is_an_error_of_its_own, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(inspection_changes_nothing, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(the_cache_is_disposable, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(a_correction_reaches_the_next_session, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(bounded_steps_come_to_the_same_end, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(a_session_may_end_at_any_step, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(a_failing_source_delivers_nothing, box_fill, box_drop),
        cmocka_unit_test_setup_teardown(a_message_above_4_gib_has_its_size, box_make, box_drop),
    };
    return cmocka_run_group_tests(tests, kit_load, kit_unload);
}
