/*
 * conf/cross.c - settings that must fit each other. Master only; every misfit is a sentence.
 */
#include "conf/cross.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "util/network.h"
#include "util/str.h"

bool cross_is_given(const struct conf *given, const char *path)
{
    char part[256];
    const struct conf_value *value = conf_find(given, "%s", path);
    if (value)
        return true;
    /* Inside a table that could not be read. */
    str_copy(part, sizeof(part), path);
    for (char *dot = strrchr(part, '.'); dot; dot = strrchr(part, '.')) {
        *dot = '\0';
        value = conf_find(given, "%s", part);
        if (value && value->integer == 1)
            return true;
    }
    return false;
}

static void cross_check_lists(const struct conf *conf, const struct conf *given, struct report *report)
{
    if (conf_list_count(conf, "auth") == 0 && conf_list_count(given, "auth") == 0 && !cross_is_given(given, "auth"))
        report_add(report, 0, "auth: is missing, but nobody can log in without one; for example "
                              "auth = { driver = \"file\", path = \"/etc/restante/users\" }");
    if (conf_list_count(conf, "storage") == 0 && conf_list_count(given, "storage") == 0 &&
        !cross_is_given(given, "storage"))
        report_add(report, 0, "storage: is missing, but there is no mail without one; for example "
                              "storage = { driver = \"maildir\", path = \"~/Maildir\" }");
}

static bool cross_is_name(const char *text, const char *also)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (const char *at = text; *at; at++) {
        if (!strchr(letters, *at) && !strchr(also, *at) && !(strchr(also, '.') && strchr(capitals, *at)))
            return false;
    }
    return *text && strlen(text) < 256;
}

/* Names of policies: keys of ledgers, words of the log. */
static void cross_check_policy_names(const struct conf *conf, struct report *report)
{
    for (size_t i = 1; i <= conf_list_count(conf, "policy"); i++) {
        const struct conf_value *value = conf_find(conf, "policy.%zu.name", i);
        if (value && (!cross_is_name(value->text, "_") || strlen(value->text) > 63))
            report_add(report, value->line, "%s: is \"%s\", but must be of small letters, digits, \"-\" and \"_\"",
                       value->path, value->text);
    }
}

/* Names that end up in greetings, user names and paths of modules. */
static void cross_check_names(const struct conf *conf, struct report *report)
{
    static const char *const hosts[] = {"hostname", "username.default_domain"};
    static const char *const lists[] = {"auth", "storage", "policy"};
    for (size_t i = 0; i < 2; i++) {
        const struct conf_value *value = conf_find(conf, "%s", hosts[i]);
        if (value && !cross_is_name(value->text, "._"))
            report_add(report, value->line, "%s: is \"%s\", but must be a host name such as \"%s\"", value->path,
                       value->text, i == 0 ? "mail.example.org" : "example.org");
    }
    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        for (size_t i = 1; i <= conf_list_count(conf, "%s", lists[list]); i++) {
            const struct conf_value *value = conf_find(conf, "%s.%zu.driver", lists[list], i);
            if (value && (!cross_is_name(value->text, "_") || strlen(value->text) > 63))
                report_add(report, value->line,
                           "%s: is \"%s\", but must be a module's name: small letters, digits, \"-\" and \"_\"",
                           value->path, value->text);
        }
    }
}

static bool cross_is_address(const char *text)
{
    unsigned char octets[sizeof(struct in6_addr)];
    return strcmp(text, "*") == 0 || inet_pton(AF_INET, text, octets) == 1 || inet_pton(AF_INET6, text, octets) == 1;
}

/* The earlier listener that takes this one's address and port, or 0. "*" takes every address. */
static size_t cross_same_listener(const struct conf *conf, size_t number)
{
    const char *address = conf_string(conf, "listen.%zu.address", number);
    const struct conf_value *port = conf_find(conf, "listen.%zu.port", number);
    for (size_t i = 1; port && i < number; i++) {
        const char *other = conf_string_or_null(conf, "listen.%zu.address", i);
        const struct conf_value *other_port = conf_find(conf, "listen.%zu.port", i);
        if (!other || !other_port || other_port->integer != port->integer)
            continue;
        if (strcmp(address, other) == 0 || strcmp(address, "*") == 0 || strcmp(other, "*") == 0)
            return i;
    }
    return 0;
}

static void cross_check_listeners(const struct conf *conf, struct report *report)
{
    for (size_t i = 1; i <= conf_list_count(conf, "listen"); i++) {
        const struct conf_value *address = conf_find(conf, "listen.%zu.address", i);
        const struct conf_value *port = conf_find(conf, "listen.%zu.port", i);
        if (!address)
            continue;
        if (!cross_is_address(address->text)) {
            report_add(report, address->line,
                       "%s: is \"%s\", but must be a numeric address such as \"127.0.0.1\" or \"::1\", or \"*\" for all",
                       address->path, address->text);
            continue;
        }
        size_t same = cross_same_listener(conf, i);
        if (same > 0)
            report_add(report, port->line,
                       "listen.%zu: %s port %d is served by listen.%zu already; each listener needs an address and "
                       "port of its own",
                       i, address->text, (int)port->integer, same);
    }
}

/* Who may speak for others: networks, and some where a listener expects it. */
static void cross_check_proxies(const struct conf *conf, const struct conf *given, struct report *report)
{
    for (size_t i = 1; i <= conf_list_count(conf, "proxy_networks"); i++) {
        const struct conf_value *value = conf_find(conf, "proxy_networks.%zu", i);
        struct network network;
        const char *fault;
        if (value && !network_parse(&network, value->text, &fault))
            report_add(report, value->line, "%s: is \"%s\", but %s", value->path, value->text, fault);
    }
    if (cross_is_given(given, "proxy_networks") || conf_list_count(given, "proxy_networks") > 0)
        return;
    for (size_t i = 1; i <= conf_list_count(conf, "listen"); i++) {
        const struct conf_value *proxy = conf_find(conf, "listen.%zu.proxy", i);
        if (!proxy || !proxy->integer)
            continue;
        report_add(report, proxy->line,
                   "proxy_networks: is missing, but %s is true; name the proxies that may connect, for example "
                   "proxy_networks = { \"192.0.2.7\" }",
                   proxy->path);
        return;
    }
}

/* One of the pair is there: the other is needed. */
static void cross_check_tls_pair(const struct conf *conf, const struct conf *given, struct report *report,
                                 const char *has, const char *lacks)
{
    const struct conf_value *value = conf_find(conf, "%s", has);
    if (value && !cross_is_given(given, lacks))
        report_add(report, value->line, "%s: is missing, but %s is given and each needs the other", lacks, has);
}

static void cross_check_tls(const struct conf *conf, const struct conf *given, struct report *report)
{
    cross_check_tls_pair(conf, given, report, "tls.certificate", "tls.key");
    cross_check_tls_pair(conf, given, report, "tls.key", "tls.certificate");
    const struct conf_value *further = conf_find(conf, "tls.sni.1.certificate");
    if (further && !cross_is_given(given, "tls.certificate"))
        report_add(report, further->line, "tls.certificate: is missing, but %s is given; it answers clients that ask "
                                          "for no name, or for one that is nobody's",
                   further->path);
    if (cross_is_given(given, "tls.certificate") || cross_is_given(given, "tls.key"))
        return;
    for (size_t i = 1; i <= conf_list_count(conf, "listen"); i++) {
        const struct conf_value *tls = conf_find(conf, "listen.%zu.tls", i);
        if (!tls || strcmp(tls->text, "none") == 0)
            continue;
        /* One sentence is enough: what is missing is missing for all. */
        report_add(report, tls->line,
                   "tls.certificate and tls.key: are missing, but %s is \"%s\"; give both, or listeners with "
                   "tls = \"none\"",
                   tls->path, tls->text);
        return;
    }
}

static void cross_check_drivers(const struct conf *conf, struct report *report)
{
    size_t count = conf_list_count(conf, "storage");
    for (size_t i = 2; i <= count; i++) {
        const struct conf_value *driver = conf_find(conf, "storage.%zu.driver", i);
        for (size_t other = 1; driver && other < i; other++) {
            const struct conf_value *first = conf_find(conf, "storage.%zu.driver", other);
            if (!first || strcmp(first->text, driver->text) != 0)
                continue;
            report_add(report, driver->line, "%s: \"%s\" is used by storage.%zu already; a driver can be used once",
                       driver->path, driver->text, other);
            break;
        }
    }
}

static void cross_check_workers(const struct conf *conf, struct report *report)
{
    for (size_t i = 1; i <= conf_list_count(conf, "auth"); i++) {
        const struct conf_value *workers = conf_find(conf, "auth.%zu.workers", i);
        const struct conf_value *most = conf_find(conf, "auth.%zu.workers_max", i);
        /* A default does not contradict what was written. */
        if (workers && most && most->line > 0 && most->integer < workers->integer)
            report_add(report, most->line, "%s: is %d, but must not be less than workers (%d)", most->path,
                       (int)most->integer, (int)workers->integer);
    }
}

static void cross_check_penalties(const struct conf *conf, struct report *report)
{
    const struct conf_value *first = conf_find(conf, "penalties.first");
    const struct conf_value *maximum = conf_find(conf, "penalties.maximum");
    if (first && maximum && first->integer > maximum->integer)
        report_add(report, first->line > 0 ? first->line : maximum->line,
                   "penalties.first: is longer than penalties.maximum; the first pause must not be longer than the "
                   "longest");
}

void cross_check(const struct conf *conf, const struct conf *given, struct report *report)
{
    cross_check_lists(conf, given, report);
    cross_check_names(conf, report);
    cross_check_policy_names(conf, report);
    cross_check_listeners(conf, report);
    cross_check_proxies(conf, given, report);
    cross_check_tls(conf, given, report);
    cross_check_drivers(conf, report);
    cross_check_workers(conf, report);
    cross_check_penalties(conf, report);
}
