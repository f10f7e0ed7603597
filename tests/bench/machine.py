"""What was measured on which kind of machine."""
import os
import platform
import re
import subprocess
from pathlib import Path


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def processor():
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    return found.group(1) if found else platform.machine()


def describe(prefix):
    is_virtual = " hypervisor" in Path("/proc/cpuinfo").read_text()
    system = re.search(r'^PRETTY_NAME="(.+)"$', Path("/etc/os-release").read_text(), re.M)
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "is_virtual": is_virtual,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
        "system": system.group(1) if system else "Linux",
        "restante": output(prefix / "sbin" / "restante", "--version"),
        "dovecot": output("dovecot", "--version").split(" ")[0],
        "openssl": " ".join(output("openssl", "version").split(" ")[:2]),
    }
