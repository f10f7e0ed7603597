#!/usr/bin/env python3
"""Holds the tree to its own rules: which folder may include which, file sizes, functions nobody may call.

Usage: check_arrows.py SOURCE-FOLDER. Prints one line per fault; exit status 1 when there is one.
"""
import re
import sys
from pathlib import Path

# A folder of the core may include these others (and itself, and <restante/…>).
BASE = {"util"}
LIBRARIES = {"conf", "ipc", "module", "sandbox", "pop3", "ledger"}
ALLOWED = {
    "util": set(),
    **{name: BASE for name in LIBRARIES},
    "policy": BASE | {"ledger"},
    "room": BASE | LIBRARIES,
    "frontend": BASE | LIBRARIES | {"room"},
    "auth": BASE | LIBRARIES | {"room"},
    "session": BASE | LIBRARIES | {"room", "policy"},
    "admin": BASE | LIBRARIES,
    "master": BASE | LIBRARIES | {"room", "admin"},
    "include": set(),
}
LARGEST_FILE_LINES = 600
FORBIDDEN = re.compile(
    r"(?<![\w.>])(strcpy|strcat|stpcpy|sprintf|vsprintf|strtok|strtok_r|atoi|atol|atoll|gets|alloca|system)\s*\(")
STATUS_LINE = re.compile(r'"(\+OK|-ERR)')
OUTSIDE_SANDBOX = re.compile(
    r"(?<![\w.>])(setuid|setgid|seteuid|setegid|setreuid|setregid|setresuid|setresgid|setgroups|initgroups|chroot|"
    r"capset|prctl)\s*\(")
LOADING = re.compile(r"(?<![\w.>])(dlopen|lt_dlopen\w*)\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def without_comments(text):
    return COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)


def faults_of_core(path, folder, text):
    for name in INCLUDE.findall(text):
        target = name.split("/")[0] if "/" in name else folder
        if target != folder and target not in ALLOWED.get(folder, set()):
            yield f'{path}: core/{folder} includes "{name}"'
    if folder != "pop3" and STATUS_LINE.search(text):
        yield f"{path}: writes a POP3 status line outside core/pop3"
    if folder != "sandbox" and OUTSIDE_SANDBOX.search(text):
        yield f"{path}: changes identity or confinement outside core/sandbox"
    if folder != "module" and LOADING.search(text):
        yield f"{path}: loads a shared object outside core/module"


def faults_of_driver(path, text):
    parts = path.parts
    own = {parts[1], "common"}
    for name in INCLUDE.findall(text):
        target = name.split("/")[0] if "/" in name else parts[1]
        if target not in own:
            yield f'{path}: a driver includes "{name}"'
    if STATUS_LINE.search(text):
        yield f"{path}: a driver writes a POP3 status line"


def faults_of_engine(root, path, text):
    """lua/: the public headers, Lua's own, and what lies beside it, or is made of that (x.inc of x.lua)."""
    for name in INCLUDE.findall(text):
        beside = root / "lua" / name
        if "/" in name or not (beside.is_file() or (name.endswith(".inc") and beside.with_suffix(".lua").is_file())):
            yield f'{path}: the Lua engine includes "{name}"'
    if STATUS_LINE.search(text):
        yield f"{path}: the Lua engine writes a POP3 status line"


def faults_of_file(root, path):
    relative = path.relative_to(root)
    text = path.read_text()
    if text.count("\n") > LARGEST_FILE_LINES:
        yield f"{relative}: more than {LARGEST_FILE_LINES} lines: one idea per file"
    code = without_comments(text)
    if relative.parts[0] != "tests":
        for match in FORBIDDEN.finditer(code):
            yield f"{relative}: calls {match.group(1)}"
    if relative.parts[0] == "core":
        yield from faults_of_core(relative, relative.parts[1], code)
    elif relative.parts[0] in ("storage-drivers", "auth-drivers", "plugins"):
        yield from faults_of_driver(relative, code)
    elif relative.parts[0] == "lua":
        yield from faults_of_engine(root, relative, code)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    files = [path for folder in ("core", "storage-drivers", "auth-drivers", "plugins", "lua", "tests")
             for pattern in ("*.c", "*.h") for path in sorted((root / folder).rglob(pattern))]
    faults = [fault for path in files for fault in faults_of_file(root, path)]
    for fault in faults:
        print(fault)
    if not files:
        print("no source files found: wrong folder?")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main())
