/*
 * conf/settings_table.c - every setting of restante.conf, in the order in which the sample shows them. Nothing but
 * data: what a row means is in settings.h, and restante.conf(5) is compared with it in the tests.
 */
#include <stddef.h>

#include "conf/settings.h"

#define MASTER SETTINGS_MASTER
#define FRONTEND SETTINGS_FRONTEND
#define AUTH SETTINGS_AUTH
#define WORKER SETTINGS_AUTH_WORKER
#define NURSERY SETTINGS_NURSERY
#define ALL_ROOMS (FRONTEND | AUTH | WORKER | NURSERY)

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

const struct settings_row settings_table[] = {
    {"hostname", SETTINGS_STRING, NULL, .rooms = FRONTEND | NURSERY, .example = "mail.example.org",
     .help = "The name in the greeting. Set it when the system's own name is not the one that clients know."},

    {"listen[].address", SETTINGS_STRING, "*",
     .help = "A numeric address of this machine. Set it to serve fewer than all (\"*\") of them."},
    {"listen[].port", SETTINGS_INTEGER, NULL, 1, 65535, .is_required = true, .example = "110",
     .help = "110 is POP3's port, 995 the one for implicit TLS. Other ports need clients that are told so."},
    {"listen[].tls", SETTINGS_CHOICE, "starttls", .choices = {"starttls", "implicit", "none"},
     .help = "\"implicit\" on port 995; \"none\" only where nobody can listen in, as no client can then protect itself."},
    {"listen[].proxy", SETTINGS_BOOL, "false",
     .help = "For a port that only a proxy connects to, such as HAProxy with send-proxy-v2: the proxy says who calls."},

    {"proxy_networks[]", SETTINGS_STRING, NULL, .rooms = FRONTEND, .example = "10.0.0.0/8",
     .help = "Who may connect to listeners with proxy = true. Name nothing but your own proxies: they are believed."},

    {"tls.certificate", SETTINGS_PATH, NULL, .rooms = FRONTEND, .example = "/etc/restante/cert.pem",
     .help = "PEM file with the certificate and the chain below it. Needed unless every listener has tls = \"none\"."},
    {"tls.key", SETTINGS_PATH, NULL, .rooms = FRONTEND, .example = "/etc/restante/key.pem",
     .help = "PEM file with the certificate's private key. Read by the master alone, so root may be its only reader."},
    {"tls.sni[].certificate", SETTINGS_PATH, NULL, .rooms = FRONTEND, .is_required = true,
     .example = "/etc/restante/pop.example.net.pem",
     .help = "A further certificate, for the host names in it. Another kind of key for the same names may go with it."},
    {"tls.sni[].key", SETTINGS_PATH, NULL, .rooms = FRONTEND, .is_required = true,
     .example = "/etc/restante/pop.example.net.key", .help = "Its private key."},
    {"tls.minimum", SETTINGS_CHOICE, "1.2", .choices = {"1.2", "1.3"}, .rooms = FRONTEND,
     .help = "\"1.3\" shuts out mail programs from before about 2019."},
    {"tls.check_interval", SETTINGS_DURATION, "1m", SECOND, DAY,
     .help = "How often the files are looked at: renewed ones are taken up without a reload once they prove good."},

    {"plaintext_auth", SETTINGS_CHOICE, "loopback", .choices = {"never", "loopback", "always"}, .rooms = FRONTEND,
     .help = "Where passwords are taken without TLS. \"always\" lets passwords cross the network readable."},

    {"auth[].driver", SETTINGS_STRING, NULL, .rooms = AUTH | WORKER, .is_required = true, .example = "file",
     .help = "The module that knows the accounts. \"restante modules\" lists those that are installed."},
    {"auth[].workers", SETTINGS_INTEGER, "2", 1, 64, .rooms = AUTH | WORKER, .unit = "processes",
     .help = "Processes that check logins, from the start. More when logins wait for a slow hash or a directory "
             "server."},
    {"auth[].workers_max", SETTINGS_INTEGER, "8", 1, 64, .rooms = AUTH | WORKER, .unit = "processes",
     .help = "While logins wait, so many are started at most; those idle for a minute end again."},
    {"auth[].queue", SETTINGS_INTEGER, "200", 0, 100000, .rooms = AUTH | WORKER, .unit = "logins",
     .help = "Logins that wait for a free process; further ones are told to try again later. Lower it when a backlog "
             "could not be worked off within timeouts.login."},
    {"auth[].timeout", SETTINGS_DURATION, "30s", 100, HOUR, .rooms = AUTH | WORKER,
     .help = "A process that has not answered by then hangs: it is replaced, and the login is told to try again."},
    {"auth[].requests", SETTINGS_INTEGER, "1000", 0, 1000000, .rooms = AUTH | WORKER, .unit = "logins",
     .help = "Logins after which a process is replaced, so that what a driver or a PAM module leaks is bounded. 0: "
             "never."},
    {"auth[].if_unavailable", SETTINGS_CHOICE, "stop", .choices = {"stop", "next"}, .rooms = AUTH | WORKER,
     .help = "When this entry cannot answer: \"next\" asks the entries behind it, and who is not accepted there is told "
             "to try again; \"stop\" tells so at once."},
    {"auth[].uid", SETTINGS_ACCOUNT, NULL, .rooms = AUTH | WORKER, .example = "vmail",
     .help = "Who owns the mail of accounts that name no user of their own. Without it such accounts are denied."},
    {"auth[].gid", SETTINGS_ACCOUNT, NULL, .rooms = AUTH | WORKER, .example = "vmail",
     .help = "The group of accounts that name none of their own. Goes with uid."},
    {"auth[].home", SETTINGS_TEMPLATE, NULL, .rooms = AUTH | WORKER, .example = "/srv/mail/%{domain}/%{local}",
     .help = "The home of accounts that name none of their own."},
    {"auth[].group", SETTINGS_ACCOUNT, NULL, .rooms = AUTH | WORKER, .example = "restante-auth",
     .help = "A group that the workers get, to read what the driver needs. By default the group of the file at path."},
    {"auth[].run_as_root", SETTINGS_BOOL, "false", .rooms = AUTH | WORKER,
     .help = "Only for drivers that cannot work otherwise, such as PAM with the system's shadow file."},
    {"auth[].*", SETTINGS_MODULE_KEYS, NULL, .rooms = WORKER, .example = "path = \"/etc/restante/users\"",
     .help = "Further keys are the driver's own."},

    {"storage[].driver", SETTINGS_STRING, NULL, .rooms = NURSERY, .is_required = true, .example = "maildir",
     .help = "The module that knows how the mail is stored. With several, the first serves accounts that name none."},
    {"storage[].path", SETTINGS_TEMPLATE, NULL, .rooms = NURSERY, .is_required = true, .example = "~/Maildir",
     .help = "Where an account's mail is; must be the place that deliveries go to."},
    {"storage[].*", SETTINGS_MODULE_KEYS, NULL, .rooms = NURSERY, .help = "Further keys are the driver's own."},

    {"policy[].driver", SETTINGS_STRING, "lua", .rooms = NURSERY,
     .help = "What a session may do and how long mail is kept, asked in this order. \"lua\" runs the script named by the "
             "key script; other modules are policies of their own."},
    {"policy[].name", SETTINGS_STRING, NULL, .rooms = NURSERY, .example = "retention",
     .help = "What it is called in log, journal and ledger, where it is not what it calls itself: two policies need two "
             "names. What a policy remembers about a maildrop is lost with its name."},
    {"policy[].*", SETTINGS_MODULE_KEYS, NULL, .rooms = NURSERY, .example = "script = \"retention\", keep = \"30d\"",
     .help = "Further keys are the module's own, or the script's."},
    {"journal_keep", SETTINGS_DURATION, "365d", 0, 3650 * DAY, .rooms = NURSERY,
     .help = "How long it stays known which messages were removed, by whom and why (\"restante journal\"). 0: nothing is "
             "written down."},
    {"brake.percent", SETTINGS_INTEGER, "50", 0, 100, .rooms = NURSERY, .unit = "percent",
     .help = "A run in which policies would remove a larger part of a maildrop than this, and more than brake.messages, "
             "removes nothing until it is approved. 100: they are never stopped."},
    {"brake.messages", SETTINGS_INTEGER, "20", 0, INT64_C(4294967295), .rooms = NURSERY, .unit = "messages",
     .help = "Up to so many are removed whatever part they are. Raise it where small maildrops often age as a whole."},
    {"clock_jump", SETTINGS_DURATION, "30d", DAY, 3650 * DAY,
     .help = "When this machine's clock is further ahead of the last run than this, or behind it, policies remove nothing "
             "until \"restante expire --all --force\". Longer for a server that is often off for longer."},

    {"state", SETTINGS_PATH, NULL, .example = "/var/lib/restante",
     .help = "Caches and ledgers, a directory per maildrop. Unset, the system's place for them; for an ordinary user "
             "restante below XDG_STATE_HOME."},
    {"control", SETTINGS_PATH, NULL, .example = "/run/restante/control",
     .help = "The socket by which \"restante status\", \"reload\" and \"stop\" reach the server. Unset, control below "
             "state."},
    {"isolation", SETTINGS_CHOICE, "session", .choices = {"session", "uid"}, .rooms = NURSERY,
     .help = "\"session\" gives each session a process of its own. \"uid\" keeps processes for further sessions of the "
             "same user id: quicker where all mail belongs to one account, but a fault then concerns several sessions."},

    {"workers.spare", SETTINGS_INTEGER, "4", 0, 256, .rooms = NURSERY, .unit = "processes",
     .help = "Processes made ahead, so that a login need not wait for one. More where many logins come at once."},
    {"workers.per_uid", SETTINGS_INTEGER, "0", 0, 1024, .rooms = NURSERY, .unit = "processes",
     .help = "Kept for one user id in isolation \"uid\". 0: one for each processor core. More where disks are slow."},
    {"workers.at_once", SETTINGS_INTEGER, "100", 1, 10000, .rooms = NURSERY, .unit = "sessions",
     .help = "Sessions of one such process at a time; beyond it there are more processes. Bounds what a crash can end."},
    {"workers.sessions", SETTINGS_INTEGER, "1000", 1, 1000000, .rooms = NURSERY, .unit = "sessions",
     .help = "After so many sessions such a process is replaced, with whatever it may have lost or caught."},
    {"workers.idle", SETTINGS_DURATION, "60s", SECOND, DAY, .rooms = NURSERY,
     .help = "How long such a process waits for another session. Longer saves work, shorter saves memory."},

    {"limits.connections", SETTINGS_INTEGER, "20000", 1, 1000000, .rooms = FRONTEND | AUTH | NURSERY,
     .unit = "connections", .help = "All clients together. Lower it on a machine with little memory."},
    {"limits.connections_per_address", SETTINGS_INTEGER, "50", 1, 1000000, .rooms = FRONTEND | AUTH | NURSERY,
     .unit = "connections", .help = "Raise it when many users share one address behind a gateway or webmail."},
    {"limits.sessions_per_user", SETTINGS_INTEGER, "10", 2, 1000000, .rooms = AUTH, .unit = "sessions",
     .help = "Sessions of one user, with those that wait for the maildrop because another has it. Raise it when many "
             "people share an account."},
    {"limits.bad_commands", SETTINGS_INTEGER, "10", 1, 1000, .rooms = FRONTEND | AUTH | NURSERY, .unit = "commands",
     .help = "Unknown or malformed commands after which a connection is closed."},
    {"limits.failed_logins", SETTINGS_INTEGER, "5", 1, 1000, .rooms = FRONTEND | AUTH | NURSERY, .unit = "logins",
     .help = "Failed logins after which a connection is closed. Lower it against guessing."},
    {"limits.worker_memory", SETTINGS_SIZE, "1G", INT64_C(64) << 20, INT64_C(1) << 40, .rooms = WORKER | NURSERY,
     .help = "Memory of one process that checks passwords or serves mail. It ends when it wants more."},
    {"failure_delay", SETTINGS_DURATION, "2s", 0, MINUTE, .rooms = AUTH,
     .help = "What a failed login costs. Raise it against guessing; people who mistype wait that long too."},

    {"penalties.enabled", SETTINGS_BOOL, "true", .rooms = AUTH,
     .help = "Failed logins slow down further ones from the same address and for the same user. Turn it off only for "
             "tests."},
    {"penalties.free_failures", SETTINGS_INTEGER, "3", 0, 100, .rooms = AUTH, .unit = "logins",
     .help = "Failures that slow down nothing. Raise it where many users behind one address mistype."},
    {"penalties.first", SETTINGS_DURATION, "1s", 100, MINUTE, .rooms = AUTH,
     .help = "The pause after the first failure that counts; each further one doubles it."},
    {"penalties.maximum", SETTINGS_DURATION, "1m", SECOND, HOUR, .rooms = AUTH,
     .help = "The longest pause. Raise it against guessing that goes on for days."},
    {"penalties.forget", SETTINGS_DURATION, "5m", SECOND, DAY, .rooms = AUTH,
     .help = "After so long one failure is forgotten, which halves the pause. Raise it against patient guessing."},
    {"penalties.wait", SETTINGS_DURATION, "15s", 0, 5 * MINUTE, .rooms = AUTH,
     .help = "A login that would wait longer is told to try again later. Keep it below what mail programs wait."},
    {"penalties.entries", SETTINGS_INTEGER, "20000", 64, 4000000, .rooms = AUTH, .unit = "entries",
     .help = "How many addresses, how many users, and how many addresses that users are known from are remembered. "
             "Up to 450 octets of memory for each."},

    {"timeouts.login", SETTINGS_DURATION, "60s", SECOND, HOUR, .rooms = FRONTEND | AUTH | NURSERY,
     .help = "A connection must be logged in by then. Lower it when idle strangers hold many connections."},
    {"timeouts.tls_handshake", SETTINGS_DURATION, "30s", SECOND, 10 * MINUTE, .rooms = FRONTEND | NURSERY,
     .help = "Raise it only for clients on very slow lines."},
    {"timeouts.idle", SETTINGS_DURATION, "10m", 10 * MINUTE, DAY, .rooms = FRONTEND | NURSERY,
     .help = "Silence after which a session ends without deleting. RFC 1939 allows no less than 10 minutes."},
    {"timeouts.command", SETTINGS_DURATION, "60s", SECOND, 10 * MINUTE, .rooms = FRONTEND | NURSERY,
     .help = "A command that was begun must be complete by then. Nobody types POP3 so slowly."},
    {"timeouts.lock", SETTINGS_DURATION, "10s", 0, 5 * MINUTE, .rooms = FRONTEND | NURSERY,
     .help = "How long a login waits for another session of the same maildrop before it is told that it is in use."},
    {"timeouts.shutdown", SETTINGS_DURATION, "10s", 0, HOUR, .rooms = FRONTEND | NURSERY,
     .help = "How long sessions may go on after a stop was asked for."},

    {"compatibility.add_blank_line", SETTINGS_BOOL, "false", .rooms = NURSERY,
     .help = "For old Outlook Express, which waits for ever for the blank line that a message of headers alone lacks."},
    {"compatibility.replace_nul", SETTINGS_BOOL, "false", .rooms = NURSERY,
     .help = "For old Outlook Express, which stops at a NUL in a message. It gets a question mark instead."},

    {"log.destination", SETTINGS_PATH, "stderr", .choices = {"stderr", "syslog"},
     .help = "\"stderr\" suits a service manager that keeps logs; \"syslog\" or a file suits the rest."},
    {"log.format", SETTINGS_CHOICE, "text", .choices = {"text", "json"},
     .help = "\"json\" when a program reads the log."},
    {"log.level", SETTINGS_CHOICE, "info", .choices = {"debug", "info", "warn", "error"}, .rooms = ALL_ROOMS,
     .help = "The least important lines that are written. \"debug\" while looking for the cause of something."},

    {"accounts.network", SETTINGS_ACCOUNT, "restante-net",
     .help = "System account of the processes that face the network. Unused when not started as root."},
    {"accounts.internal", SETTINGS_ACCOUNT, "restante",
     .help = "System account of the processes that do not. Unused when not started as root."},
    {"accounts.minimum_uid", SETTINGS_INTEGER, "500", 1, INT64_C(4294967294), .rooms = WORKER | NURSERY,
     .help = "Mail of users with smaller ids is never served. Set it to the id from which this system counts people."},

    {"confinement", SETTINGS_CHOICE, "try", .choices = {"try", "require", "off"}, .rooms = ALL_ROOMS,
     .help = "\"require\" refuses to start where this kernel cannot confine the processes as it can be; "
             "\"off\" to find out whether confinement is the cause of something."},

    {"username.lowercase", SETTINGS_BOOL, "true", .rooms = AUTH | WORKER,
     .help = "Logins in capitals mean the same account. Turn it off when two accounts differ only in that."},
    {"username.default_domain", SETTINGS_STRING, NULL, .rooms = AUTH | WORKER, .example = "example.org",
     .help = "Added to logins without \"@\", where all accounts are named with their domain."},

    {"module_path[]", SETTINGS_PATH, RESTANTE_MODULE_PATH, .rooms = WORKER | NURSERY,
     .help = "Where modules are looked for, in this order. Add a folder for modules of your own."},
    {"program_path", SETTINGS_PATH, RESTANTE_PROGRAM_PATH,
     .help = "Where Restante's other programs are. Changed only to run from a build tree."},
    {"frontends", SETTINGS_INTEGER, "0", 0, 256, .unit = "processes",
     .help = "Processes that face the network. 0: one for each processor core."},
    {NULL, SETTINGS_BOOL, NULL, .rooms = MASTER},
};
