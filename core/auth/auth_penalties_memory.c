/*
 * What a dispatcher remembers, in parts that each fit a frame and can be read by themselves: a head with the seed of
 * the keys, then records of one size. Times are written as differences. TRUST: a part comes from the dispatcher of
 * another generation, perhaps of another version: whatever is not exactly so is refused whole.
 */
#include <string.h>

#include "auth/auth_penalties_state.h"

#define MEMORY_MAGIC UINT32_C(0x50454e41) /* "ANEP" */
#define MEMORY_VERSION 1

/* Both ends run on one machine: its order of octets, no holes. */
struct memory_head {
    uint32_t magic, version;
    struct auth_key_seed seed;
};

struct memory_record {
    struct auth_key key;
    uint64_t home;
    int64_t due_in_ms, level_age_ms, used_age_ms;
    uint32_t level, failures;
    uint32_t kind, unused;
};

_Static_assert(sizeof(struct memory_head) == 40, "no holes");
_Static_assert(sizeof(struct memory_record) == 64, "no holes");

static void record_write(struct memory_record *record, const struct auth_penalty *penalty, uint32_t kind,
                         int64_t now_ms)
{
    *record = (struct memory_record){
        .key = penalty->key,
        .home = penalty->home,
        .due_in_ms = penalty->due_ms > now_ms ? penalty->due_ms - now_ms : 0,
        .level_age_ms = now_ms - penalty->level_at_ms,
        .used_age_ms = now_ms - penalty->used_ms,
        .level = penalty->level,
        .failures = penalty->failures,
        .kind = kind,
    };
}

static bool is_worth_telling(const struct auth_penalties *penalties, const struct auth_penalty *penalty,
                             uint32_t kind, int64_t now_ms)
{
    return kind == PENALTIES_PAIRS || penalty->failures > 0 ||
           auth_penalty_table_level(penalties->tables[kind], penalty, now_ms) > 0;
}

/* The cursor counts kinds in its top bits. */
#define CURSOR_KIND_SHIFT (sizeof(size_t) * 8 - 2)

size_t auth_penalties_export(const struct auth_penalties *penalties, size_t *cursor, void *to, size_t capacity,
                             int64_t now_ms)
{
    struct memory_head head = {.magic = MEMORY_MAGIC, .version = MEMORY_VERSION, .seed = penalties->seed};
    size_t used = sizeof(head), kind = *cursor >> CURSOR_KIND_SHIFT;
    size_t place = *cursor & ~(SIZE_MAX << CURSOR_KIND_SHIFT);
    if (!penalties->settings.is_enabled)
        return 0;
    while (kind < PENALTIES_KINDS && used + sizeof(struct memory_record) <= capacity) {
        struct memory_record record;
        const struct auth_penalty *penalty = auth_penalty_table_next(penalties->tables[kind], &place);
        if (!penalty) {
            kind++;
            place = 0;
        } else if (is_worth_telling(penalties, penalty, (uint32_t)kind, now_ms)) {
            record_write(&record, penalty, (uint32_t)kind, now_ms);
            memcpy((uint8_t *)to + used, &record, sizeof(record));
            used += sizeof(record);
        }
    }
    *cursor = kind << CURSOR_KIND_SHIFT | place;
    if (used == sizeof(head))
        return 0;
    memcpy(to, &head, sizeof(head));
    explicit_bzero(&head, sizeof(head));
    return used;
}

static bool record_is_sane(const struct memory_record *record)
{
    return record->kind < PENALTIES_KINDS && record->due_in_ms >= 0 && record->level_age_ms >= 0 &&
           record->used_age_ms >= 0 && record->unused == 0;
}

/* Times before the machine was started are as good as its start. */
static int64_t time_before(int64_t now_ms, int64_t age_ms)
{
    return age_ms < now_ms ? now_ms - age_ms : 0;
}

static void record_read(struct auth_penalties *penalties, const struct memory_record *record, int64_t now_ms)
{
    struct auth_penalty_table *table = penalties->tables[record->kind];
    struct auth_penalty *penalty = auth_penalty_table_take(table, record->home, &record->key, now_ms);
    int64_t due_in_ms = record->due_in_ms < penalties->settings.maximum_ms ? record->due_in_ms
                                                                           : penalties->settings.maximum_ms;
    struct auth_penalty told = {
        .level = record->level < penalties->level_max ? record->level : penalties->level_max,
        .level_at_ms = time_before(now_ms, record->level_age_ms),
    };
    if (!penalty)
        return;
    if (auth_penalty_table_level(table, &told, now_ms) > auth_penalty_table_level(table, penalty, now_ms)) {
        penalty->level = told.level;
        penalty->level_at_ms = told.level_at_ms;
    }
    if (now_ms + due_in_ms > penalty->due_ms)
        penalty->due_ms = now_ms + due_in_ms;
    if (record->failures > penalty->failures)
        penalty->failures = record->failures;
    penalty->used_ms = time_before(now_ms, record->used_age_ms);
}

static void penalties_adopt_seed(struct auth_penalties *penalties, const struct auth_key_seed *seed)
{
    if (memcmp(&penalties->seed, seed, sizeof(*seed)) == 0)
        return;
    penalties->seed = *seed;
    for (int kind = 0; kind < PENALTIES_KINDS; kind++)
        auth_penalty_table_clear(penalties->tables[kind]);
}

bool auth_penalties_import(struct auth_penalties *penalties, const void *data, size_t length, int64_t now_ms)
{
    struct memory_head head;
    struct memory_record record;
    const uint8_t *records = (const uint8_t *)data + sizeof(head);
    if (length < sizeof(head) || (length - sizeof(head)) % sizeof(record) != 0)
        return false;
    size_t count = (length - sizeof(head)) / sizeof(record);
    memcpy(&head, data, sizeof(head));
    if (head.magic != MEMORY_MAGIC || head.version != MEMORY_VERSION)
        return false;
    for (size_t i = 0; i < count; i++) {
        memcpy(&record, records + i * sizeof(record), sizeof(record));
        if (!record_is_sane(&record))
            return false;
    }
    if (!penalties->settings.is_enabled)
        return true;
    penalties_adopt_seed(penalties, &head.seed);
    for (size_t i = 0; i < count; i++) {
        memcpy(&record, records + i * sizeof(record), sizeof(record));
        record_read(penalties, &record, now_ms);
    }
    explicit_bzero(&head, sizeof(head));
    return true;
}
