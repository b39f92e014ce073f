"""What the self-test runs inside the sandbox. Tries to get out, and writes one line of JSON: probe name to complaint.

Arguments: the port of a listener on the host, a file of the host, the size that /tmp should have, a marker.
"""

import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

ALLOWED_VARIABLES = {"PATH", "HOME", "LANG", "PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE", "container", "HOSTNAME", "TERM"}
CLONE_NEWUSER = 0x10000000
AF_VSOCK = 40


def no_route_out(port: int) -> str:
    with open("/proc/net/dev") as file:
        interfaces = [line.split(":")[0].strip() for line in file if ":" in line]
    if interfaces not in ([], ["lo"]):
        return f"interfaces: {', '.join(interfaces)}"
    with socket.socket() as client:
        client.settimeout(1)
        return "" if client.connect_ex(("127.0.0.1", port)) else "the loopback of the host answers"


def vsock_refused() -> str:
    try:
        socket.socket(AF_VSOCK, socket.SOCK_STREAM).close()
    except OSError:
        return ""
    return "a socket could be made"


def host_file_absent(path: str) -> str:
    return f"{path} can be seen" if os.path.exists(path) else ""


def root_read_only() -> str:
    writable = []
    for folder in ("/", "/usr", "/etc", "/dev", "/run", "/run/secrets"):
        with suppress(OSError), open(os.path.join(folder, "probe"), "w"):
            writable.append(folder)
    return f"writable: {', '.join(writable)}" if writable else ""


def tmpfs_sizes_hold(tmp_bytes: int) -> str:
    sizes = {folder: os.statvfs(folder) for folder in ("/tmp", "/dev/shm")}
    too_big = [folder for folder, size in sizes.items() if size.f_blocks * size.f_frsize > tmp_bytes]
    return f"larger than allowed: {', '.join(too_big)}" if too_big else ""


def environment_absent() -> str:
    seen = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
            seen |= {os.fsdecode(item.split(b"=")[0]) for item in file.read().split(b"\0") if item}
    surplus = sorted(seen - ALLOWED_VARIABLES)
    return f"variables: {', '.join(surplus[:5])}" if surplus else ""


def extra_descriptors_absent() -> str:
    extra = []
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            os.fstat(int(name))  # the one that listed the folder is closed by now
            extra += [name] if int(name) > 2 else []
    return f"descriptors: {', '.join(extra)}" if extra else ""


def nested_namespace_refused() -> str:
    return "" if ctypes.CDLL(None).unshare(CLONE_NEWUSER) else "a user namespace could be made"


def leave_daemon(marker: str) -> str:
    """Start what the runner will look for after the command has ended."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", marker], start_new_session=True)
    return ""


def main(port: str, host_file: str, tmp_bytes: str, marker: str) -> None:
    probes: dict[str, Callable[[], str]] = {
        "no route out": lambda: no_route_out(int(port)),
        "vsock refused": vsock_refused,
        "host secret file absent": lambda: host_file_absent(host_file),
        "root read-only": root_read_only,
        "tmpfs sizes hold": lambda: tmpfs_sizes_hold(int(tmp_bytes)),
        "environment of the runner absent": environment_absent,
        "extra descriptor absent": extra_descriptors_absent,
        "nested namespace refused": nested_namespace_refused,
        "daemon gone after exit": lambda: leave_daemon(marker),
    }
    answers = {}
    for name, probe in probes.items():
        try:
            answers[name] = probe()
        except Exception as error:
            answers[name] = f"the probe failed: {error!r}"
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
