"""Who starts the server: root, or an ordinary user."""
import os
import pwd
import subprocess

SYSTEM_ACCOUNTS = ("restante-net", "restante")
# Mailbox owners need no entry in the system's list of users: their ids are all that counts.
FIRST_OWNER_UID = 62000


class Identity:
    def __init__(self, name, uid, gid, group):
        self.name = name
        self.uid = uid
        self.gid = gid
        self.group = group  # of the passwd file

    @property
    def is_root(self):
        return self.uid == 0

    def owner(self, index):
        """Uid and gid of the mailbox with this number."""
        if self.is_root:
            return FIRST_OWNER_UID + index, FIRST_OWNER_UID + index
        return self.uid, self.gid

    # Lines for the configuration, unless a test sets the same.
    conf = ()

    def popen_arguments(self):
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


class OneOwner(Identity):
    """All mail belongs to one user id, whose sessions share processes."""
    conf = ('isolation = "uid"',
            'storage = {{ driver = "maildir", path = "{base}/mail/%{{user}}/Maildir" }}',
            'workers = {{ sessions = 20, per_uid = 2 }}')

    def __init__(self, like):
        super().__init__(f"{like.name}-uid", like.uid, like.gid, like.group)

    def owner(self, index):
        return super().owner(0)


def make_system_accounts():
    for name in SYSTEM_ACCOUNTS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
                            "--shell", "/usr/sbin/nologin", name], check=True)


def identities():
    """Root tests both; anybody else only what they are."""
    if os.geteuid() != 0:
        return [Identity("user", os.geteuid(), os.getegid(), os.getegid())]
    make_system_accounts()
    nobody = pwd.getpwnam("nobody")
    mail = pwd.getpwnam("mail")
    return [Identity("root", 0, 0, mail.pw_gid), Identity("user", nobody.pw_uid, nobody.pw_gid, nobody.pw_gid)]
