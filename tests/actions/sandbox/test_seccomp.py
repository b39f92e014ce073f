"""The filter is run here by a small interpreter of the same machine that the kernel has."""

import errno
import struct

import pytest

from apps.actions.sandbox import NoIsolation, seccomp
from apps.actions.sandbox.syscalls import MACHINES, NUMBERS

ALLOWED, KILLED = seccomp.ALLOW, seccomp.KILL
NAMESPACE_FLAGS = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]
THREAD_FLAGS = 0x3D0F00
MACHINE_NAMES = sorted(MACHINES)


def verdict(program: bytes, data: bytes) -> int:
    """Return what the filter answers for one `struct seccomp_data`."""
    steps = list(struct.iter_unpack("<HBBI", program))
    at, word = 0, 0
    while True:
        code, if_true, if_false, operand = steps[at]
        if code == seccomp.RETURN:
            return operand
        if code == seccomp.LOAD_WORD:
            word = struct.unpack_from("<I", data, operand)[0]
            at += 1
            continue
        true = {
            seccomp.JUMP_EQUAL: word == operand,
            seccomp.JUMP_NOT_LESS: word >= operand,
            seccomp.JUMP_ANY_BIT: bool(word & operand),
        }[code]
        at += 1 + (if_true if true else if_false)


def answer(machine: str, call: str, *arguments: int) -> int:
    number = MACHINES[machine].number(call)
    words = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    return verdict(seccomp.program(machine), struct.pack("<IIQ6Q", number, MACHINES[machine].audit_number, 0, *words))


def failing(code: int) -> int:
    return seccomp.FAIL | code


@pytest.mark.parametrize("machine", MACHINE_NAMES)
@pytest.mark.parametrize(
    "call", ["keyctl", "bpf", "io_uring_setup", "userfaultfd", "perf_event_open", "ptrace", "mount"]
)
def test_calls_that_open_the_kernel_fail(machine, call):
    assert answer(machine, call) == failing(errno.EPERM)


@pytest.mark.parametrize("machine", MACHINE_NAMES)
@pytest.mark.parametrize("flag", NAMESPACE_FLAGS)
@pytest.mark.parametrize("call", ["clone", "unshare"])
def test_no_namespace_can_be_made(machine, call, flag):
    assert answer(machine, call, flag | 17) == failing(errno.EPERM)


@pytest.mark.parametrize("machine", MACHINE_NAMES)
def test_processes_and_threads_can_be_made(machine):
    assert answer(machine, "clone", 17) == ALLOWED
    assert answer(machine, "clone", THREAD_FLAGS) == ALLOWED


@pytest.mark.parametrize("machine", MACHINE_NAMES)
def test_clone3_sends_the_c_library_back_to_clone(machine):
    assert answer(machine, "clone3") == failing(errno.ENOSYS)


@pytest.mark.parametrize("machine", MACHINE_NAMES)
@pytest.mark.parametrize("call", ["socket", "socketpair"])
@pytest.mark.parametrize(("family", "protocol"), [(40, 0), (17, 0), (38, 0), (31, 0), (16, 12), (16, 9), (44, 0)])
def test_odd_sockets_are_refused(machine, call, family, protocol):
    assert answer(machine, call, family, 3, protocol) == failing(errno.EAFNOSUPPORT)


@pytest.mark.parametrize("machine", MACHINE_NAMES)
@pytest.mark.parametrize(("family", "protocol"), [(1, 0), (2, 6), (10, 6), (16, 0)])
def test_ordinary_sockets_can_be_made(machine, family, protocol):
    assert answer(machine, "socket", family, 1, protocol) == ALLOWED


@pytest.mark.parametrize("machine", MACHINE_NAMES)
@pytest.mark.parametrize(("request_number", "expected"), [(0x5412, errno.EPERM), (0x541C, errno.EPERM), (0x5401, 0)])
def test_nothing_can_be_typed_into_a_terminal(machine, request_number, expected):
    assert answer(machine, "ioctl", 0, request_number) == (failing(expected) if expected else ALLOWED)


def test_high_halves_of_arguments_do_not_hide_a_family():
    assert answer("x86_64", "socket", 1 << 32 | 40) == failing(errno.EAFNOSUPPORT)


def test_another_machine_s_calls_end_the_process():
    i386 = 0x40000003
    data = struct.pack("<IIQ6Q", 26, i386, 0, *[0] * 6)
    assert verdict(seccomp.program("x86_64"), data) == KILLED


def test_the_x32_numbering_is_no_way_round():
    x32_ptrace = 0x40000000 | 521
    data = struct.pack("<IIQ6Q", x32_ptrace, MACHINES["x86_64"].audit_number, 0, *[0] * 6)
    assert verdict(seccomp.program("x86_64"), data) == failing(errno.ENOSYS)


@pytest.mark.parametrize("machine", MACHINE_NAMES)
def test_every_other_call_goes_through(machine):
    named = {MACHINES[machine].number(call) for call in NUMBERS}
    program = seccomp.program(machine)
    for number in set(range(500)) - named:
        data = struct.pack("<IIQ6Q", number, MACHINES[machine].audit_number, 0, *[0] * 6)
        assert verdict(program, data) == ALLOWED


def test_a_machine_without_a_table_has_no_filter():
    with pytest.raises(NoIsolation, match="riscv64"):
        seccomp.program("riscv64")


def test_the_program_is_one_that_the_kernel_takes():
    assert len(seccomp.program("x86_64")) % 8 == 0
    assert len(seccomp.program("x86_64")) // 8 < 4096
