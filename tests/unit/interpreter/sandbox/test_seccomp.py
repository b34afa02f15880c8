import errno
import socket

import pytest

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox.seccomp import (
    ALLOW,
    ARCHITECTURES,
    ERRNO,
    EVERYWHERE,
    IN_NAMESPACES,
    KILL_PROCESS,
    WITHOUT_NAMESPACES,
    assemble,
)
from localassist.interpreter.sandbox.syscalls import NEWEST, NUMBERS
from tests.unit.interpreter.sandbox.bpf import verdict

MACHINES = sorted(ARCHITECTURES)
READ = {"x86_64": 0, "aarch64": 63}
REFUSED, WITHOUT_EFFECT = ERRNO | errno.EPERM, ERRNO
NO_SUCH_CALL, NO_SUCH_FAMILY = ERRNO | errno.ENOSYS, ERRNO | errno.EOPNOTSUPP
THREAD_FLAGS = 0x3D0F00
NEW_USER = 0x10000000


def judge(rules, machine, call, *arguments):
    audit_number, column = ARCHITECTURES[machine]
    number = NUMBERS[call][column]
    return verdict(assemble(rules, machine), machine=audit_number, number=number, arguments=arguments)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("rules", [IN_NAMESPACES, WITHOUT_NAMESPACES], ids=["namespaces", "none"])
def test_each_call_that_is_refused_outright_is_refused(machine, rules):
    for rule in rules:
        if NUMBERS[rule.call][ARCHITECTURES[machine][1]] is not None and not rule.unless and rule.only_if is None:
            assert judge(rules, machine, rule.call, 1, 2, 3) == ERRNO | rule.error, rule.call


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        ("clone", (THREAD_FLAGS,), ALLOW),
        ("clone", (NEW_USER | 17,), REFUSED),
        ("clone3", (0,), NO_SUCH_CALL),
        ("prlimit64", (0, 7), ALLOW),
        ("prlimit64", (1234, 7), REFUSED),
        ("sched_setaffinity", (0, 8), ALLOW),
        ("sched_setaffinity", (1234, 8), REFUSED),
        ("setpriority", (0, 0, 5), ALLOW),
        ("setpriority", (0, 1234, 5), REFUSED),
        ("setpriority", (2, 0, 5), REFUSED),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), REFUSED),
        ("ioctl", (0, 0x541C), REFUSED),
        ("ioctl", (0, 0x5412 | 1 << 40), REFUSED),
        ("prctl", (15,), ALLOW),
        ("prctl", (4, 0), REFUSED),
        ("personality", (0xFFFFFFFF,), ALLOW),
        ("personality", (0x0040000,), REFUSED),
    ],
)
def test_some_calls_are_refused_by_their_arguments(machine, call, arguments, expected):
    assert judge(EVERYWHERE, machine, call, *arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_inside_namespaces_only_ip_and_unix_sockets_are_to_be_had(machine):
    for family in range(46):
        allowed = family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
        assert judge(IN_NAMESPACES, machine, "socket", family, 2) == (ALLOW if allowed else NO_SUCH_FAMILY)
    assert judge(IN_NAMESPACES, machine, "connect", 3) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("call", ["socket", "socketpair"])
def test_without_namespaces_only_unix_streams_are_to_be_had_and_nothing_is_connected(machine, call):
    cloexec, nonblock = 0o2000000, 0o4000
    for family in range(46):
        for kind in range(1, 6):
            allowed = family == socket.AF_UNIX and kind == socket.SOCK_STREAM
            expected = ALLOW if allowed else NO_SUCH_FAMILY
            assert judge(WITHOUT_NAMESPACES, machine, call, family, kind | cloexec | nonblock) == expected
    assert judge(WITHOUT_NAMESPACES, machine, "connect", 3) == REFUSED


@pytest.mark.parametrize("machine", MACHINES)
def test_without_namespaces_attributes_of_files_stay_as_they_are(machine):
    for call in ("fchmod", "fchmodat", "fchown", "fchownat", "utimensat"):
        assert judge(WITHOUT_NAMESPACES, machine, call) == WITHOUT_EFFECT
        assert judge(IN_NAMESPACES, machine, call) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_ordinary_calls_are_allowed_and_those_beyond_the_tables_do_not_exist(machine):
    audit_number = ARCHITECTURES[machine][0]
    program = assemble(WITHOUT_NAMESPACES, machine)
    assert verdict(program, machine=audit_number, number=READ[machine]) == ALLOW
    for number in (NEWEST + 1, 600, 0x40000000, 0x40000000 + 39):
        assert verdict(program, machine=audit_number, number=number) == NO_SUCH_CALL


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_of_another_architecture_end_the_process(machine):
    i386 = 0x40000003
    assert verdict(assemble(EVERYWHERE, machine), machine=i386, number=20) == KILL_PROCESS


def test_a_machine_whose_calls_are_unknown_is_refused_by_name():
    with pytest.raises(InterpreterUnavailable, match="sparc"):
        assemble(EVERYWHERE, "sparc")
