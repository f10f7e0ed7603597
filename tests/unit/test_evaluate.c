/* One test per kind of fault; each checks the whole sentence with its line. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/evaluate.h"
#include "conf/settings.h"

/* What a file needs besides what a test is about, on one line. */
#define BASE                                                                                                          \
    "listen = {{ port = 110, tls = 'none' }} auth = { driver = 'file' } storage = { driver = 'm', path = '~/M' }\n"

static const char sample[] =
    "hostname = \"mail.example.org\"\n"
    "listen = {\n"
    "  { address = \"127.0.0.1\", port = 1110, tls = \"starttls\" },\n"
    "  { address = \"127.0.0.1\", port = 1995, tls = \"implicit\" },\n"
    "}\n"
    "tls     = { certificate = \"/etc/restante/cert.pem\", key = \"/etc/restante/key.pem\" }\n"
    "plaintext_auth = \"loopback\"              -- passwords without TLS: \"never\", \"loopback\" (default), \"always\"\n"
    "auth    = { { driver = \"file\", path = \"/etc/restante/users\" } }\n"
    "storage = { driver = \"maildir\", path = \"~/Maildir\" }\n"
    "state   = \"/var/lib/restante\"            -- per-user state directories\n"
    "isolation = \"session\"                    -- or \"uid\"\n"
    "limits  = { connections = 20000, connections_per_address = 50, bad_commands = 10 }\n"
    "failure_delay = \"2s\"                     -- what a failed login costs\n"
    "log     = { destination = \"stderr\", format = \"text\" }\n"
    "accounts = { network = \"restante-net\", internal = \"restante\" }   -- unused when not started as root\n";

/* The faults of a text, one a line. */
static char *faults_of(const char *text)
{
    struct conf conf = {0};
    struct faults faults = {0};
    char *joined = NULL;
    size_t length;
    FILE *out = open_memstream(&joined, &length);
    bool is_good = conf_evaluate_text("f", text, &conf, &faults);
    assert_int_equal(is_good, faults.count == 0);
    for (size_t i = 0; i < faults.count; i++)
        fprintf(out, "%s%s", i ? "\n" : "", faults.sentences[i]);
    fclose(out);
    conf_free(&conf);
    faults_free(&faults);
    return joined;
}

#define EXPECT(text, expected)                                                                                        \
    do {                                                                                                              \
        char *found = faults_of(text);                                                                                \
        assert_string_equal(found, expected);                                                                         \
        free(found);                                                                                                  \
    } while (0)

static void the_sample_works_as_it_stands(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    (void)state;
    assert_true(conf_evaluate_text("sample", sample, &conf, &faults));
    assert_string_equal(conf_string(&conf, "hostname"), "mail.example.org");
    assert_int_equal(conf_find(&conf, "hostname")->line, 1);
    assert_int_equal(conf_list_count(&conf, "listen"), 2);
    assert_int_equal(conf_integer(&conf, "listen.%d.port", 2), 1995);
    assert_int_equal(conf_find(&conf, "listen.2.port")->line, 4);
    assert_string_equal(conf_string(&conf, "auth.1.driver"), "file");
    assert_int_equal(conf_find(&conf, "auth.1.path")->type, CONF_RAW_STRING);
    assert_int_equal(conf_integer(&conf, "auth.1.workers"), 2);
    assert_int_equal(conf_find(&conf, "auth.1.workers")->line, 0);
    assert_string_equal(conf_string(&conf, "storage.1.path"), "~/Maildir");
    assert_int_equal(conf_find(&conf, "storage.1.path")->line, 9);
    assert_int_equal(conf_integer(&conf, "failure_delay"), 2000);
    assert_int_equal(conf_integer(&conf, "limits.failed_logins"), 5);
    assert_int_equal(conf_integer(&conf, "timeouts.idle"), 600000);
    assert_string_equal(conf_string(&conf, "module_path.1"), RESTANTE_MODULE_PATH);
    assert_true(conf_bool(&conf, "username.lowercase"));
    assert_null(conf_string_or_null(&conf, "username.default_domain"));
    conf_free(&conf);
}

static void defaults_stand_where_nothing_is_written(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    char name[256];
    (void)state;
    assert_true(conf_evaluate_text("f",
                                   "auth = { driver = 'file' } storage = { driver = 'm', path = '/m' }\n"
                                   "tls = { certificate = '/c', key = '/k' }",
                                   &conf, &faults));
    gethostname(name, sizeof(name));
    assert_string_equal(conf_string(&conf, "hostname"), name);
    assert_null(conf_find(&conf, "state"));
    assert_int_equal(conf_list_count(&conf, "listen"), 2);
    assert_string_equal(conf_string(&conf, "listen.1.address"), "*");
    assert_int_equal(conf_integer(&conf, "listen.1.port"), 110);
    assert_string_equal(conf_string(&conf, "listen.1.tls"), "starttls");
    assert_int_equal(conf_integer(&conf, "listen.2.port"), 995);
    assert_string_equal(conf_string(&conf, "listen.2.tls"), "implicit");
    for (const struct settings_row *row = settings_table; row->path; row++) {
        if (row->default_text && !strstr(row->path, "[]"))
            assert_non_null(conf_find(&conf, "%s", row->path));
    }
    conf_free(&conf);
}

static void data_may_be_built(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    (void)state;
    assert_true(conf_evaluate_text("f",
                                   "local base = '/srv' .. '/mail'\n"
                                   "local users = { driver = 'file', path = base .. '/users' }\n"
                                   "auth = { users }\n"
                                   "storage = { driver = 'm' }\n"
                                   "storage.path = base .. '/%{user}'\n"
                                   "listen = {}\n"
                                   "for i = 1, 3 do listen[i] = { port = 1000 + i, tls = 'none' } end\n"
                                   "limits = { bad_commands = 20 / 2 }\n"
                                   "timeouts = { lock = 3, idle = '1h' }\n"
                                   "state = storage.driver == 'm' and '/a//b/' or nil\n",
                                   &conf, &faults));
    assert_string_equal(conf_string(&conf, "auth.1.path"), "/srv/mail/users");
    assert_string_equal(conf_string(&conf, "storage.1.path"), "/srv/mail/%{user}");
    assert_int_equal(conf_find(&conf, "storage.1.path")->line, 5);
    assert_int_equal(conf_integer(&conf, "listen.3.port"), 1003);
    assert_int_equal(conf_integer(&conf, "limits.bad_commands"), 10);
    assert_int_equal(conf_integer(&conf, "timeouts.lock"), 3000);
    assert_int_equal(conf_integer(&conf, "timeouts.idle"), 3600000);
    assert_string_equal(conf_string(&conf, "state"), "/a/b");
    conf_free(&conf);
}

static void unknown_names_are_faults(void **state)
{
    (void)state;
    EXPECT(BASE "hostnme = 'a'", "f:2: hostnme: there is no such setting; did you mean \"hostname\"?");
    EXPECT(BASE "zzzzzzzz = 1", "f:2: zzzzzzzz: there is no such setting; restante.conf(5) lists them all");
    EXPECT(BASE "connections = 1", "f:2: connections: there is no such setting; did you mean \"limits.connections\"?");
    EXPECT(BASE "limits = {\n  conections = 5,\n}",
           "f:3: limits.conections: there is no such setting; did you mean \"connections\"?");
    EXPECT(BASE "limits = { ['a\\nb'] = 5 }",
           "f:2: limits: has the key \"a\\010b\", but there is no such setting; restante.conf(5) lists them all");
    EXPECT(BASE "state = folder .. '/x'",
           "f:2: folder: is not defined; only settings given above and your own locals are");
    EXPECT(BASE "state = os.getenv('HOME')\nhostname = io.open('x'):read()",
           "f:2: os: is not defined; only settings given above and your own locals are\n"
           "f:3: io: is not defined; only settings given above and your own locals are");
    EXPECT(BASE "state = state", "f:2: state: is read here, but was not given a value above");
    EXPECT(BASE "for k, v in pairs(storage) do end",
           "f:2: pairs: is not defined; only settings given above and your own locals are");
    EXPECT(BASE "_ENV = {}\nhostname = 'x'",
           "f:2: _ENV: is not available here; give settings a value by their names");
}

static void wrong_types_are_faults(void **state)
{
    (void)state;
    EXPECT(BASE "hostname = nil", "f:2: hostname: is nil; give it a value or leave it out");
    EXPECT(BASE "hostname = function()\nend", "f:2: hostname: is a function, but must be a string");
    EXPECT(BASE "frontends = '2'", "f:2: frontends: is \"2\", but must be a whole number from 0 to 256");
    EXPECT(BASE "frontends = 1.5", "f:2: frontends: is 1.5, but must be a whole number from 0 to 256");
    EXPECT(BASE "frontends = 1/0", "f:2: frontends: is inf, but must be a whole number from 0 to 256");
    EXPECT(BASE "frontends = 1e300", "f:2: frontends: is 1e+300, but must be a whole number from 0 to 256");
    EXPECT(BASE "frontends = 257", "f:2: frontends: is 257, but must be a whole number from 0 to 256");
    EXPECT(BASE "frontends = 4.0", "");
    EXPECT(BASE "username = { lowercase = 1 }", "f:2: username.lowercase: is 1, but must be true or false");
    EXPECT(BASE "limits = 5", "f:2: limits: is 5, but must be a table of named settings");
    EXPECT(BASE "limits = { 5 }", "f:2: limits: has items without a name, but must be a table of named settings");
    EXPECT(BASE "state = '/a\\0b'", "f:2: state: is \"/a\\000b\", but must not hold control bytes");
    EXPECT(BASE "state = 'a/b'", "f:2: state: is \"a/b\", but must be an absolute path without \"..\"");
    EXPECT(BASE "plaintext_auth = 'allways'",
           "f:2: plaintext_auth: is \"allways\", but must be \"never\", \"loopback\" or \"always\"; did you mean "
           "\"always\"?");
    EXPECT(BASE "failure_delay = '2 s'",
           "f:2: failure_delay: is \"2 s\", but must be a duration such as \"30s\" or a number of seconds, from "
           "\"0s\" to \"1m\"");
    EXPECT(BASE "timeouts = { idle = '5m' }",
           "f:2: timeouts.idle: is \"5m\", but must be a duration such as \"30s\" or a number of seconds, from "
           "\"10m\" to \"1d\"");
    EXPECT(BASE "log = { destination = 'syslogd' }",
           "f:2: log.destination: is \"syslogd\", but must be an absolute path without \"..\", \"stderr\" or "
           "\"syslog\"; did you mean \"syslog\"?");
    EXPECT(BASE "hostname = 'a'\nhostname = 'b'",
           "f:3: hostname: is given a value twice; the first one is at line 2");
}

static void the_line_is_the_keys_own(void **state)
{
    (void)state;
    /* Lua would say line 8 for all of these. */
    EXPECT(BASE "listen2 = 1\n-- limits = { bad_commands = 1 }\nlimits = {\n  -- bad_commands = 2\n"
                "  connections = 'x; bad_commands = 3',\n  bad_commands = 0,\n}\n",
           "f:2: listen2: there is no such setting; did you mean \"listen\"?\n"
           "f:6: limits.connections: is \"x; bad_commands = 3\", but must be a whole number from 1 to 1000000\n"
           "f:7: limits.bad_commands: is 0, but must be a whole number from 1 to 1000");
    EXPECT("auth = { driver = 'file' } storage = { driver = 'm', path = '/' }\nlisten = {\n  { port = 1, tls = 'none' },\n"
           "  [[x]],\n  {\n    tls = 'none',\n    ['port'] = 0 },\n}",
           "f:2: listen.2: is a string, but must be a table of named settings\n"
           "f:7: listen.3.port: is 0, but must be a whole number from 1 to 65535");
    EXPECT(BASE "local t = { bad_commands = 0 }\nlimits = t",
           "f:3: limits.bad_commands: is 0, but must be a whole number from 1 to 1000");
    EXPECT(BASE "limits = {}\nlimits.bad_commands = 0",
           "f:3: limits.bad_commands: is 0, but must be a whole number from 1 to 1000");
    EXPECT(BASE "if true then\n  frontends = -1\nelse\n  frontends = -2\nend",
           "f:3: frontends: is -1, but must be a whole number from 0 to 256");
    EXPECT("auth = { driver = 'file' }\nlisten = {{port=1,tls='none'}}\nstorage = {\n  driver = 'm',\n  path = 'x',\n}",
           "f:5: storage.1.path: is \"x\", but a path must begin with \"/\", \"~/\" or \"%{home}\"");
}

static void lists_are_checked(void **state)
{
#define REST "auth = { driver = 'file' } storage = { driver = 'm', path = '/m' }\n"
    (void)state;
    EXPECT(REST "listen = {}", "f:2: listen: is empty, but needs at least one item; leave it out for the default");
    EXPECT(REST "listen = 'x'", "f:2: listen: is a string, but must be a table of named settings");
    EXPECT(REST "listen = { [1] = { port = 1, tls = 'none' }, [3] = { port = 2, tls = 'none' } }",
           "f:2: listen: has gaps, but items must be numbered from 1 on without one");
    EXPECT(REST "listen = { { port = 1 }, port = 2 }",
           "f:2: listen: mixes named keys and items without a name, but must be a list of tables or a single table");
    EXPECT(REST "listen = { [1.5] = 1 }",
           "f:2: listen: has keys that are neither names nor whole numbers from 1 on, but must be a list");
    EXPECT(REST "listen = {\n  { tls = 'none' },\n}",
           "f:3: listen.1.port: is missing, but is needed: a whole number from 1 to 65535");
    EXPECT(REST "local t = {}\nt[1] = t\nlisten = t",
           "f:4: listen.1: has items without a name, but must be a table of named settings");
    EXPECT(BASE "module_path = '/a'", "");
    EXPECT(BASE "module_path = { '/a', 'b' }",
           "f:2: module_path.2: is \"b\", but must be an absolute path without \"..\"");
    EXPECT("listen = {{ port = 1, tls = 'none' }}",
           "f: auth: is missing, but nobody can log in without one; for example "
           "auth = { driver = \"file\", path = \"/etc/restante/users\" }\n"
           "f: storage: is missing, but there is no mail without one; for example "
           "storage = { driver = \"maildir\", path = \"~/Maildir\" }");
    EXPECT("listen = {{ port = 1, tls = 'none' }}\nauth = { drivr = 'file' }\nstorage = { driver = 'm' }",
           "f:2: auth.1.driver: is missing, but is needed: a string\n"
           "f:3: storage.1.path: is missing, but is needed: a path as a string");
}

static void settings_must_fit_each_other(void **state)
{
    (void)state;
    EXPECT(REST, "f: tls.certificate and tls.key: are missing, but listen.1.tls is \"starttls\"; give both, or "
                 "listeners with tls = \"none\"");
    EXPECT(REST "listen = {\n  { port = 1, tls = 'none' },\n  { port = 2, tls = 'implicit' },\n}",
           "f:4: tls.certificate and tls.key: are missing, but listen.2.tls is \"implicit\"; give both, or "
           "listeners with tls = \"none\"");
    EXPECT(BASE "tls = { certificate = '/c' }",
           "f:2: tls.key: is missing, but tls.certificate is given and each needs the other");
    EXPECT(BASE "tls = { key = '/c' }",
           "f:2: tls.certificate: is missing, but tls.key is given and each needs the other");
    EXPECT(BASE "tls = { sni = { { certificate = '/c', key = '/k' } } }",
           "f:2: tls.certificate: is missing, but tls.sni.1.certificate is given; it answers clients that ask for no "
           "name, or for one that is nobody's");
    EXPECT(BASE "tls = { certificate = '/c', key = '/k',\n  sni = { { certificate = '/c2' } } }",
           "f:3: tls.sni.1.key: is missing, but is needed: an absolute path without \"..\"");
    EXPECT(BASE "tls = { certificate = '/c', key = '/k',\n  sni = { certificate = '/c2', key = '/k2' } }", "");
    EXPECT(REST "listen = {\n  { port = 1, tls = 'none' },\n  { address = '127.0.0.1', port = 1, tls = 'none' },\n}",
           "f:4: listen.2: 127.0.0.1 port 1 is served by listen.1 already; each listener needs an address and port "
           "of its own");
    EXPECT(REST "listen = {{ address = 'localhost', port = 1, tls = 'none' }}",
           "f:2: listen.1.address: is \"localhost\", but must be a numeric address such as \"127.0.0.1\" or "
           "\"::1\", or \"*\" for all");
    EXPECT("auth = { driver = 'file' } listen = {{ port = 1, tls = 'none' }}\n"
           "storage = {\n  { driver = 'm', path = '/m' },\n  { driver = 'm', path = '/n' },\n}",
           "f:4: storage.2.driver: \"m\" is used by storage.1 already; a driver can be used once");
    EXPECT("listen = {{ port = 1, tls = 'none' }} storage = { driver = 'm', path = '/m' }\n"
           "auth = { driver = 'f', workers = 3, workers_max = 2 }",
           "f:2: auth.1.workers_max: is 2, but must not be less than workers (3)");
    EXPECT(BASE "penalties = { first = '30s', maximum = '29s' }",
           "f:2: penalties.first: is longer than penalties.maximum; the first pause must not be longer than the longest");
    EXPECT(REST "listen = {\n  { port = 1, tls = 'none' },\n  { port = 2, tls = 'none', proxy = true },\n}",
           "f:4: proxy_networks: is missing, but listen.2.proxy is true; name the proxies that may connect, for example "
           "proxy_networks = { \"192.0.2.7\" }");
    EXPECT(BASE "proxy_networks = { '10.0.0.0/8', '10.0.0.1/8', 'x' }",
           "f:2: proxy_networks.2: is \"10.0.0.1/8\", but has bits set behind its prefix: write the network's first "
           "address, or a longer prefix\n"
           "f:2: proxy_networks.3: is \"x\", but must be an address or a network such as \"10.0.0.0/8\" or "
           "\"2001:db8::/32\"");
    EXPECT(REST "proxy_networks = '::1'\nlisten = {{ port = 1, tls = 'none', proxy = true }}", "");
    EXPECT(BASE "hostname = 'a b'",
           "f:2: hostname: is \"a b\", but must be a host name such as \"mail.example.org\"");
    EXPECT("listen = {{ port = 1, tls = 'none' }} storage = { driver = 'm', path = '/m' }\nauth = { driver = '../x' }",
           "f:2: auth.1.driver: is \"../x\", but must be a module's name: small letters, digits, \"-\" and \"_\"");
    EXPECT(BASE "policy = {\n  { script = 'a' },\n  { driver = 'A' },\n}",
           "f:4: policy.2.driver: is \"A\", but must be a module's name: small letters, digits, \"-\" and \"_\"");
    EXPECT(BASE "policy = { script = 'a', name = 'A b' }",
           "f:2: policy.1.name: is \"A b\", but must be of small letters, digits, \"-\" and \"_\"");
    EXPECT(BASE "policy = { driver = 1 }\njournal_keep = '11y'\nbrake = { percent = 101, message = 1 }",
           "f:2: policy.1.driver: is 1, but must be a string\n"
           "f:3: journal_keep: is \"11y\", but must be a duration such as \"30s\" or a number of seconds, from \"0s\" to "
           "\"3650d\"\n"
           "f:4: brake.message: there is no such setting; did you mean \"messages\"?\n"
           "f:4: brake.percent: is 101, but must be a whole number from 0 to 100");
}

static void policies_are_in_lua_unless_they_say_otherwise(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    (void)state;
    assert_true(conf_evaluate_text("f", BASE "journal_keep = 0\n"
                                             "policy = { { script = 'a', keep = 3, users = { 'x' } }, { driver = 'c' } }",
                                   &conf, &faults));
    assert_int_equal(conf_list_count(&conf, "policy"), 2);
    assert_string_equal(conf_string(&conf, "policy.1.driver"), "lua");
    assert_int_equal(conf_find(&conf, "policy.1.driver")->line, 0);
    assert_int_equal(conf_find(&conf, "policy.1.keep")->type, CONF_RAW_INTEGER);
    assert_string_equal(conf_find(&conf, "policy.1.users.1")->text, "x");
    assert_string_equal(conf_string(&conf, "policy.2.driver"), "c");
    assert_int_equal(conf_integer(&conf, "journal_keep"), 0);
    assert_int_equal(conf_integer(&conf, "brake.percent"), 50);
    assert_int_equal(conf_integer(&conf, "clock_jump"), INT64_C(30) * 86400 * 1000);
    conf_free(&conf);
}

static void accounts_are_names_or_numbers(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    (void)state;
    assert_true(conf_evaluate_text("f",
                                   "listen = {{ port = 1, tls = 'none' }} storage = { driver = 'm', path = '/m' }\n"
                                   "auth = { driver = 'file', uid = 5000, gid = 'vmail' }",
                                   &conf, &faults));
    assert_string_equal(conf_string(&conf, "auth.1.uid"), "5000");
    assert_string_equal(conf_string(&conf, "auth.1.gid"), "vmail");
    conf_free(&conf);
    EXPECT("listen = {{ port = 1, tls = 'none' }} storage = { driver = 'm', path = '/m' }\n"
           "auth = { driver = 'file', uid = -1 }",
           "f:2: auth.1.uid: is -1, but must be a name or a number");
}

static void module_keys_are_kept_raw(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    (void)state;
    assert_true(conf_evaluate_text("f",
                                   "listen = {{ port = 1, tls = 'none' }} auth = { driver = 'file' }\n"
                                   "storage = { driver = 'm', path = '/m',\n  flag = true, number = 3.0,\n"
                                   "  words = { 'a', 'b' } }",
                                   &conf, &faults));
    assert_int_equal(conf_find(&conf, "storage.1.flag")->type, CONF_RAW_BOOL);
    assert_int_equal(conf_find(&conf, "storage.1.number")->integer, 3);
    assert_string_equal(conf_string(&conf, "storage.1.words.2"), "b");
    assert_int_equal(conf_find(&conf, "storage.1.words.2")->line, 4);
    conf_free(&conf);
    EXPECT("listen = {{ port = 1, tls = 'none' }} auth = { driver = 'file' }\n"
           "storage = { driver = 'm', path = '/m',\n  bad = { x = 1 },\n  worse = 1.5 }",
           "f:3: storage.1.bad: is a table that is no list of strings, but must be one: { \"…\", \"…\" }\n"
           "f:4: storage.1.worse: is 1.5, but must be a string, a whole number, true, false or a list of strings");
}

static void module_keys_may_be_lists_of_tables(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    (void)state;
    assert_true(conf_evaluate_text("f",
                                   "listen = {{ port = 1, tls = 'none' }} auth = { driver = 'file' }\n"
                                   "storage = { driver = 'm', path = '/m',\n  rules = {\n    { keep = '7d' },\n"
                                   "    { users = { 'a', 'b' },\n      strict = false } } }",
                                   &conf, &faults));
    assert_string_equal(conf_string(&conf, "storage.1.rules.1.keep"), "7d");
    assert_int_equal(conf_find(&conf, "storage.1.rules.1.keep")->line, 4);
    assert_string_equal(conf_string(&conf, "storage.1.rules.2.users.2"), "b");
    assert_int_equal(conf_find(&conf, "storage.1.rules.2.users.2")->line, 5);
    assert_int_equal(conf_find(&conf, "storage.1.rules.2.strict")->type, CONF_RAW_BOOL);
    assert_int_equal(conf_find(&conf, "storage.1.rules.2.strict")->line, 6);
    conf_free(&conf);
    EXPECT("listen = {{ port = 1, tls = 'none' }} auth = { driver = 'file' }\n"
           "storage = { driver = 'm', path = '/m',\n  a = { { 'x' } },\n  b = { { x = { { y = 1 } } } },\n"
           "  c = { { ['x.y'] = 1 } },\n  d = { {} },\n  e = { 'x', {} },\n  g = { { x = 1 }, 'x' },\n  f = { { x = 1.5 } } }",
           "f:3: storage.1.a.1: must be a table of named settings\n"
           "f:4: storage.1.b.1.x.1: must be a string\n"
           "f:5: storage.1.c.1: has a key that is no setting's name\n"
           "f:6: storage.1.d.1: must be a table of named settings\n"
           "f:7: storage.1.e.2: must be a string\n"
           "f:8: storage.1.g.2: must be a table of named settings\n"
           "f:9: storage.1.f.1.x: is 1.5, but must be a string, a whole number, true, false or a list of strings");
}

static void errors_end_the_run_but_hide_nothing(void **state)
{
    (void)state;
    EXPECT("hostname = ", "f:1: syntax error: unexpected symbol near <eof>");
    EXPECT(BASE "hostnam = state2\nlimits = { bad_commands 5 }",
           "f:3: syntax error: '}' expected near '5'");
    EXPECT("hostname = 'a'\n}", "f:2: syntax error: unexpected symbol near '}'");
    EXPECT("frontends = -1\nlocal t\nt.x = 1\nhostnme = 2",
           "f:1: frontends: is -1, but must be a whole number from 0 to 256\n"
           "f:3: attempt to index a nil value (local 't')");
    EXPECT("state = ('x'):rep(3)", "f:1: attempt to index a string value (constant 'x')");
}

static void files_are_read(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    char path[] = "/tmp/restante-test-XXXXXX";
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "\xef\xbb\xbf", 3), 3);
    assert_int_equal(write(fd, sample, strlen(sample)), (ssize_t)strlen(sample));
    close(fd);
    assert_true(conf_evaluate_file(path, &conf, &faults));
    conf_free(&conf);
    unlink(path);
    assert_false(conf_evaluate_file("/nonexistent/f", &conf, &faults));
    assert_string_equal(faults.sentences[0], "/nonexistent/f: cannot be read: No such file or directory");
    assert_false(conf_evaluate_file("/dev/null", &conf, &faults));
    assert_string_equal(faults.sentences[1],
                        "/dev/null: is not a regular file, but a configuration must be one");
    faults_free(&faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_works_as_it_stands),
        cmocka_unit_test(defaults_stand_where_nothing_is_written),
        cmocka_unit_test(data_may_be_built),
        cmocka_unit_test(unknown_names_are_faults),
        cmocka_unit_test(wrong_types_are_faults),
        cmocka_unit_test(the_line_is_the_keys_own),
        cmocka_unit_test(lists_are_checked),
        cmocka_unit_test(settings_must_fit_each_other),
        cmocka_unit_test(policies_are_in_lua_unless_they_say_otherwise),
        cmocka_unit_test(accounts_are_names_or_numbers),
        cmocka_unit_test(module_keys_are_kept_raw),
        cmocka_unit_test(module_keys_may_be_lists_of_tables),
        cmocka_unit_test(errors_end_the_run_but_hide_nothing),
        cmocka_unit_test(files_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
