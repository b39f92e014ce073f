"""What a command in bubblewrap cannot see or reach: the rows of the table in the security reference, section 8.3."""

import os
import socket
import struct
import sys
import threading
from pathlib import Path

import pytest

from apps.actions.sandbox import Command
from tests.actions.sandbox.boxes import MIB, bubblewrap, python, run, shell

pytestmark = pytest.mark.sandbox
NETWORK = """import socket, sys
def reaches(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try: client.connect(address)
        except OSError: return False
        return True
print([reaches(socket.AF_INET, ("127.0.0.1", int(sys.argv[1]))), reaches(socket.AF_UNIX, "\\0" + sys.argv[2]),
       reaches(socket.AF_INET, ("169.254.169.254", 80)), [name for _, name in socket.if_nameindex()]])"""
REFUSED = """import ctypes, errno, sys
libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(*map(int, sys.argv[1:])), errno.errorcode.get(ctypes.get_errno()))"""
CALLS = {
    "user namespace": (272, 0x10000000),
    "mount": (165, 0, 0, 0, 0, 0),
    "ptrace": (101, 0, 0, 0, 0),
    "keyctl": (250, 0, 0),
    "bpf": (321, 0, 0, 0),
    "io_uring": (425, 1, 0),
    "userfaultfd": (323, 0),
    "perf": (298, 0, 0, -1, -1, 0),
}


@pytest.fixture(scope="module")
def box():
    return bubblewrap()


def test_no_network_leads_out(box, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0headrace-test-{os.getpid()}")
        abstract.listen()
        port, name = listener.getsockname()[1], f"headrace-test-{os.getpid()}"
        ran = python(box, NETWORK, str(port), name, work_dir=tmp_path)
    assert ran.output == "[False, False, False, ['lo']]\n"


def test_commands_of_one_box_can_talk_to_each_other(box, tmp_path):
    program = (
        "import socket\nwith socket.create_server(('127.0.0.1', 0)) as s: socket.create_connection(s.getsockname())"
    )
    assert python(box, program, work_dir=tmp_path).ended.succeeded


@pytest.mark.parametrize(
    ("family", "kind"), [(40, 1), (17, 3), (38, 5), (16, 3)], ids=["vsock", "packet", "alg", "netlink"]
)
def test_sockets_to_the_host_and_the_kernel_are_refused(box, tmp_path, family, kind):
    program = f"import socket; socket.socket({family}, {kind}, {12 if family == 16 else 0})"
    assert "Address family not supported" in python(box, program, work_dir=tmp_path).output


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_calls_that_open_the_kernel_are_refused(box, tmp_path, call):
    assert python(box, REFUSED, *map(str, call), work_dir=tmp_path).output == "-1 EPERM\n"


def test_nothing_of_the_host_but_usr_is_there(box, tmp_path):
    (tmp_path / "w").mkdir()
    (tmp_path / "other-job").write_text("x")
    ran = shell(box, f"ls / /etc; ls /sys /root /home /var /work {tmp_path} 2>&1", work_dir=tmp_path / "w")
    assert ran.output.count("No such file or directory") == 6
    names = set(ran.output.split("No such")[0].split())
    assert {"bin", "dev", "etc", "lib", "proc", "run", "tmp", "usr", "w"} <= names
    assert not {"shadow", "ssh", "machine-id", "resolv.conf", "sys", "root", "home", "var"} & names


def test_no_folder_but_the_work_folder_and_tmp_can_be_written(box, tmp_path):
    folders = "/ /usr /usr/bin /etc /dev /run /run/secrets /proc/sys/kernel /proc/1 /w /tmp /dev/shm"
    ran = shell(box, f"for f in {folders}; do (: > $f/x) 2>/dev/null && echo $f; done", work_dir=tmp_path)
    assert ran.output.split() == ["/w", "/tmp", "/dev/shm"]


@pytest.mark.parametrize(("folder", "mib"), [("/tmp", 64), ("/dev/shm", 16)])
def test_a_folder_in_memory_is_no_free_disk(box, tmp_path, folder, mib):
    ran = shell(box, f"head -c {mib + 20}M /dev/zero > {folder}/big; stat -c %s {folder}/big", work_dir=tmp_path)
    assert "No space left on device" in ran.output
    assert int(ran.output.split()[-1]) <= mib * MIB


def test_processes_of_the_host_are_neither_seen_nor_signalled(box, tmp_path):
    ran = shell(box, f"ls -d /proc/[0-9]* | wc -l; kill -0 {os.getpid()} 2>&1", work_dir=tmp_path)
    assert int(ran.output.split()[0]) < 8
    assert "No such process" in ran.output


def test_the_environment_of_the_server_is_in_no_process(box, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "hidden-in-environment")
    ran = shell(box, "cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'", work_dir=tmp_path, environment={"CI": "1"})
    assert "CI=1" in ran.output
    assert "SECRET_OF_THE_SERVER" not in ran.output
    first = shell(box, "tr '\\0' '\\n' < /proc/1/environ", work_dir=tmp_path)
    assert first.output == ""


def test_a_command_sees_exactly_its_environment(box, tmp_path):
    ran = run(box, "/usr/bin/env", work_dir=tmp_path, environment={"CI": "1", "TEXT": "two\nlines"})
    variables = dict(line.partition("=")[::2] for line in ran.output.replace("two\nlines", "two lines").splitlines())
    assert variables.pop("PWD") == "/w"
    assert variables == {"CI": "1", "TEXT": "two lines", "PATH": "/usr/bin:/bin", "HOME": "/w", "LANG": "C.UTF-8"}


def test_secrets_are_files_in_memory_and_nowhere_else(box, tmp_path):
    script = """cat /run/secrets/key; stat -c %a /run/secrets/key
        grep -l hidden-in-secret /proc/*/environ; cat /proc/1/cmdline | tr '\\0' ' '; cat /proc/mounts | grep secrets"""
    ran = shell(box, script, work_dir=tmp_path, secrets={"key": b"hidden-in-secret\n", "other": bytes(200_000)})
    assert ran.output.startswith("hidden-in-secret\n400\n")
    assert ran.output.count("hidden-in-secret") == 2, "once as the file, once as the word of this script"
    assert "/run/secrets tmpfs ro," in ran.output
    assert list(tmp_path.iterdir()) == []


def test_open_files_of_the_server_do_not_come_along(box, tmp_path):
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        ran = shell(box, "ls -l /proc/self/fd /proc/1/fd /proc/2/fd", work_dir=tmp_path)
    assert str(tmp_path) not in ran.output
    assert "memfd" not in ran.output


def test_a_command_has_no_rights_and_cannot_get_any(box, tmp_path):
    ran = shell(box, "cat /proc/self/status; id -u", work_dir=tmp_path)
    status = dict(line.split(":\t", 1) for line in ran.output.splitlines() if ":\t" in line)
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert ran.output.splitlines()[-1] == "1000"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take another user")
def test_outside_it_is_a_user_of_its_own(box, tmp_path):
    users = set()
    barrier = threading.Barrier(2, timeout=10)

    def look(chunk):
        users.add((tmp_path / chunk.decode().strip()).stat().st_uid)
        barrier.wait()

    threads = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        command = Command(("/bin/sh", "-c", f"echo {name}; sleep 0.2"), tmp_path / name)
        threads.append(threading.Thread(target=box.run, args=(command, look)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(users) == 2
    assert all(200_000 <= user < 265_536 for user in users)
    assert (tmp_path / "one").stat().st_uid == 0


def test_a_folder_that_only_its_owner_may_enter_serves_as_source(box, tmp_path):
    closed = tmp_path / "closed"
    (closed / "tools").mkdir(parents=True)
    (closed / "w").mkdir()
    (closed / "tools" / "tool").write_text("#!/bin/sh\necho works\n")
    (closed / "tools" / "tool").chmod(0o755)
    closed.chmod(0o700)
    binds = ((closed / "tools", "/opt/tools"), (closed / "tools" / "tool", "/opt/alone/tool"))
    script = "/opt/tools/tool; /opt/alone/tool; (: > /opt/tools/x) 2>&1; touch /w/made"
    ran = shell(box, script, work_dir=closed / "w", read_only=binds)
    assert ran.output.startswith("works\nworks\n")
    assert "Read-only file system" in ran.output
    assert (closed / "w" / "made").stat().st_uid == os.geteuid()


def test_set_user_id_bits_do_not_survive(box, tmp_path):
    shell(box, "cp /usr/bin/id /w/id; chmod 4755 /w/id", work_dir=tmp_path)
    assert not (tmp_path / "id").stat().st_mode & 0o6000 or os.geteuid() != 0


def test_programs_of_another_numbering_of_calls_are_ended(box, tmp_path):
    """An i386 program that would call exit(7) is killed by the filter, or not run by a kernel without i386."""
    code = bytes.fromhex("b801000000bb07000000cd80")
    header = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01", 2, 3, 1, 0x8048054, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack("<8I", 1, 0, 0x8048000, 0x8048000, 84 + len(code), 84 + len(code), 5, 0x1000)
    (tmp_path / "old").write_bytes(header + segment + code)
    (tmp_path / "old").chmod(0o755)
    assert run(box, "/w/old", work_dir=tmp_path).ended.exit_code in (126, 128 + 31)


def test_the_python_of_this_test_can_be_bound(box, tmp_path):
    prefix = Path(sys.base_prefix)
    program = f"/opt/python/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    ran = run(box, program, "-c", "print(6 * 7)", work_dir=tmp_path, read_only=((prefix, "/opt/python"),))
    assert ran.output == "42\n"
