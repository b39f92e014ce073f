"""The system call filter as a classic BPF program, written without any library. Source: seccomp(2), linux/filter.h."""

import errno
import platform
import struct

from .errors import NoIsolation
from .syscalls import MACHINES, NUMBERS, Machine

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand

LOAD_WORD, JUMP_EQUAL, JUMP_NOT_LESS, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, MACHINE_AT = 0, 4

UNIX, INET, INET6, NETLINK, NETLINK_ROUTE = 1, 2, 10, 16, 0
# mount, cgroup, uts, ipc, user, pid and network namespaces; in `clone` the time namespace's bit means a signal
CLONE_NAMESPACES = 0x7E020000
UNSHARE_NAMESPACES = CLONE_NAMESPACES | 0x80
TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX

WITH_ARGUMENTS = {"clone", "clone3", "ioctl", "socket", "socketpair", "unshare"}
REFUSED = tuple(sorted(NUMBERS.keys() - WITH_ARGUMENTS))


def program(machine_name: str | None = None) -> bytes:
    """Return the filter for bubblewrap's --seccomp. Raises NoIsolation on a machine whose calls are not known."""
    name = machine_name or platform.machine()
    if name not in MACHINES:
        raise NoIsolation(f"There is no system call filter for machines of type '{name}'.")
    return b"".join(struct.pack("<HBBI", *step) for step in instructions(MACHINES[name]))


def instructions(machine: Machine) -> list[Instruction]:
    """Return the program: other machines' calls end the process, the listed ones fail, anything else goes through."""
    steps = [_load(MACHINE_AT), (JUMP_EQUAL, 1, 0, machine.audit_number), _return(KILL), _load(NUMBER_AT)]
    if machine.foreign_from is not None:
        steps += [(JUMP_NOT_LESS, 0, 1, machine.foreign_from), _fail(errno.ENOSYS)]
    for name in REFUSED:
        steps += _for_call(machine, name, [_fail(errno.EPERM)])
    # The flags of clone3 lie in memory, where a filter cannot look; told ENOSYS, the C library uses clone.
    steps += _for_call(machine, "clone3", [_fail(errno.ENOSYS)])
    steps += _for_call(machine, "clone", _without_bits(CLONE_NAMESPACES))
    steps += _for_call(machine, "unshare", _without_bits(UNSHARE_NAMESPACES))
    steps += _for_call(machine, "ioctl", _without_requests(TERMINAL_INJECTION))
    steps += _for_call(machine, "socket", _ordinary_sockets())
    steps += _for_call(machine, "socketpair", _ordinary_sockets())
    return [*steps, _return(ALLOW)]


def _for_call(machine: Machine, name: str, body: list[Instruction]) -> list[Instruction]:
    number = machine.number(name)
    return [] if number is None else [(JUMP_EQUAL, 0, len(body), number), *body]


def _without_bits(mask: int) -> list[Instruction]:
    return [_load_argument(0), (JUMP_ANY_BIT, 0, 1, mask), _fail(errno.EPERM), _return(ALLOW)]


def _without_requests(requests: tuple[int, ...]) -> list[Instruction]:
    tests = [step for request in requests for step in ((JUMP_EQUAL, 0, 1, request), _fail(errno.EPERM))]
    return [_load_argument(1), *tests, _return(ALLOW)]


def _ordinary_sockets() -> list[Instruction]:
    """Local, IPv4 and IPv6 sockets, and the netlink family that lists addresses. Never AF_VSOCK, AF_PACKET, AF_ALG."""
    families = [step for family in (UNIX, INET, INET6) for step in ((JUMP_EQUAL, 0, 1, family), _return(ALLOW))]
    routes = [(JUMP_EQUAL, 0, 3, NETLINK), _load_argument(2), (JUMP_EQUAL, 0, 1, NETLINK_ROUTE), _return(ALLOW)]
    return [_load_argument(0), *families, *routes, _fail(errno.EAFNOSUPPORT)]


def _load(offset: int) -> Instruction:
    return (LOAD_WORD, 0, 0, offset)


def _load_argument(index: int) -> Instruction:
    """Load the low half of an argument; the kernel cuts the arguments tested here to 32 bits as well."""
    return _load(16 + 8 * index)


def _return(action: int) -> Instruction:
    return (RETURN, 0, 0, action)


def _fail(code: int) -> Instruction:
    return _return(FAIL | code)
