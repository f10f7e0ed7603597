/*
 * conf/evaluate.c - from a file to settings: run it, walk what it made, add defaults, check what must fit together.
 * Master only. Fails with sentences, all of them at once.
 */
#include "conf/evaluate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/check.h"
#include "conf/cross.h"
#include "conf/walk.h"
#include "util/alloc.h"
#include "util/fd.h"

enum { EVALUATE_FILE_MAX = 256 * 1024 };

static void evaluate_add_hostname(struct conf *conf)
{
    char name[256];
    if (gethostname(name, sizeof(name)) != 0 || !name[0])
        snprintf(name, sizeof(name), "localhost");
    name[sizeof(name) - 1] = '\0';
    conf_add(conf, "hostname", CONF_STRING, 0, name, 0);
}

static void evaluate_add_listeners(struct conf *conf)
{
    static const struct {
        int port;
        const char *tls;
    } listeners[] = {{110, "starttls"}, {995, "implicit"}};
    char path[64];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "listen.%zu.address", i + 1);
        conf_add(conf, path, CONF_STRING, 0, "*", 0);
        snprintf(path, sizeof(path), "listen.%zu.port", i + 1);
        conf_add(conf, path, CONF_INTEGER, listeners[i].port, NULL, 0);
        snprintf(path, sizeof(path), "listen.%zu.tls", i + 1);
        conf_add(conf, path, CONF_STRING, 0, listeners[i].tls, 0);
        snprintf(path, sizeof(path), "listen.%zu.proxy", i + 1);
        conf_add(conf, path, CONF_BOOL, 0, NULL, 0);
    }
}

/* A row outside of lists, or a list of plain strings, that was not given. */
static void evaluate_add_default(struct conf *conf, const struct conf *given, const struct settings_row *row)
{
    struct check_rule rule = check_rule_of_row(row);
    struct check_value value;
    char path[160], name[128], fault[CHECK_FAULT_MAX];
    const char *list = strstr(row->path, "[]");
    if (!row->default_text || (list && list[2]))
        return;
    snprintf(name, sizeof(name), "%.*s", (int)(list ? list - row->path : (ptrdiff_t)strlen(row->path)), row->path);
    snprintf(path, sizeof(path), "%s%s", name, list ? ".1" : "");
    if (cross_is_given(given, path) || cross_is_given(given, name))
        return;
    if (!check_default(&rule, row->default_text, &value, fault)) {
        fprintf(stderr, "restante: bug: the default of \"%s\" %s\n", row->path, fault);
        abort();
    }
    conf_add(conf, path, value.type, value.integer, value.text, 0);
    free(value.text);
}

static void evaluate_add_defaults(struct conf *conf, const struct conf *given)
{
    if (!cross_is_given(given, "hostname"))
        evaluate_add_hostname(conf);
    if (conf_list_count(given, "listen") == 0 && !cross_is_given(given, "listen"))
        evaluate_add_listeners(conf);
    for (const struct settings_row *row = settings_table; row->path; row++)
        evaluate_add_default(conf, given, row);
}

static bool evaluate(const char *name, const char *text, size_t length, bool is_lenient, struct conf *conf,
                     struct faults *faults)
{
    struct report report = {.file = name};
    struct script script;
    struct walk walk = {.conf = conf, .report = &report, .script = &script};
    size_t before = faults->count;
    bool is_whole = script_run(&script, &report, text, length);
    walk_all(&walk);
    /* After an error the rest of the file is unknown: what seems to be missing may be there. */
    if (is_whole) {
        evaluate_add_defaults(conf, &walk.given);
        conf_sort(conf);
        cross_check(conf, &walk.given, &report);
    }
    report_end(&report, faults);
    script_close(&script);
    conf_free(&walk.given);
    if (faults->count > before && !is_lenient)
        conf_free(conf);
    return faults->count == before;
}

bool conf_evaluate_text(const char *name, const char *text, struct conf *conf, struct faults *faults)
{
    return evaluate(name, text, strlen(text), false, conf, faults);
}

/* The whole file; NULL after adding a fault. */
static char *evaluate_read(const char *file, size_t *length, struct faults *faults)
{
    struct stat status;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = NULL;
    if (fd < 0 || fstat(fd, &status) != 0) {
        faults_add(faults, "%s: cannot be read: %s", file, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        faults_add(faults, "%s: is not a regular file, but a configuration must be one", file);
    } else {
        text = alloc_zeroed(EVALUATE_FILE_MAX + 1);
        ssize_t got = fd_read_full(fd, text, EVALUATE_FILE_MAX + 1);
        *length = got > 0 ? (size_t)got : 0;
        if (got < 0)
            faults_add(faults, "%s: cannot be read: %s", file, strerror(errno));
        else if (got > EVALUATE_FILE_MAX)
            faults_add(faults, "%s: is larger than %d octets, but a configuration must not be", file,
                       EVALUATE_FILE_MAX);
        if (got < 0 || got > EVALUATE_FILE_MAX) {
            free(text);
            text = NULL;
        }
    }
    fd_close(&fd);
    return text;
}

static bool evaluate_file(const char *file, bool is_lenient, struct conf *conf, struct faults *faults)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t length, skip = 0;
    char *text = evaluate_read(file, &length, faults);
    if (!text)
        return false;
    if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0)
        skip = 3;
    bool is_good = evaluate(file, text + skip, length - skip, is_lenient, conf, faults);
    free(text);
    return is_good;
}

bool conf_evaluate_file(const char *file, struct conf *conf, struct faults *faults)
{
    return evaluate_file(file, false, conf, faults);
}

void conf_evaluate_leniently(const char *file, struct conf *conf)
{
    struct faults faults = {0};
    evaluate_file(file, true, conf, &faults);
    faults_free(&faults);
}

void conf_evaluate_defaults(struct conf *conf)
{
    struct faults faults = {0};
    evaluate("the defaults", "", 0, true, conf, &faults);
    faults_free(&faults);
}
