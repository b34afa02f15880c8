"""System call filters in the kernel's classic BPF, assembled here: no library is needed.

A filter refuses what it names and allows the rest, but for calls newer than its tables, which do not exist for it.
"""

import errno
import platform
import struct
from collections.abc import Sequence
from typing import NamedTuple

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox.syscalls import NEWEST, NUMBERS

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # name → audit number, column of NUMBERS
LOAD, AND, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_OFFSET, ARCHITECTURE_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16  # in the kernel's struct seccomp_data
X32_BIT = 0x40000000  # x86_64's third ABI: the same calls under other numbers

AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10
SOCK_STREAM, SOCK_TYPE_MASK = 1, 0xF
PR_SET_DUMPABLE = 4
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # put characters into a terminal's input
NEW_NAMESPACES = 0x7E020080  # CLONE_NEW…: user, pid, net, ipc, uts, cgroup, mount, time


class Test(NamedTuple):
    """Looks at the low 32 bits of an argument, under a mask: is it one of the values, or has it one of the bits."""

    argument: int
    values: tuple[int, ...] = ()
    any_bit: int = 0
    mask: int = 0xFFFFFFFF


class Rule(NamedTuple):
    """Refuses a call with an error number (0: it succeeds and does nothing), unless every test of `unless` holds."""

    call: str
    error: int = errno.EPERM
    unless: tuple[Test, ...] = ()
    only_if: Test | None = None


KERNEL = """mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr statmount
listmount unshare setns bpf perf_event_open userfaultfd keyctl add_key request_key io_uring_setup io_uring_enter
io_uring_register kexec_load kexec_file_load init_module finit_module delete_module swapon swapoff reboot acct quotactl
quotactl_fd syslog open_by_handle_at name_to_handle_at memfd_create memfd_secret settimeofday clock_settime adjtimex
clock_adjtime sethostname setdomainname iopl ioperm modify_ldt uselib vhangup fanotify_init fanotify_mark inotify_init
inotify_init1 inotify_add_watch nfsservctl lookup_dcookie"""
OTHER_PROCESSES = """ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd
move_pages migrate_pages ioprio_set shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl
mq_open mq_unlink"""
ATTRIBUTES = "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat"
EXTENDED_ATTRIBUTES = """setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr setxattrat
removexattrat"""

SELF_ONLY = (Test(0, (0,)),)  # argument 0 is a process id, and 0 means the caller
EVERYWHERE = (
    *(Rule(call) for call in f"{KERNEL} {OTHER_PROCESSES}".split()),
    Rule("clone3", errno.ENOSYS),  # its flags are out of a filter's reach; the C library falls back to clone
    Rule("clone", only_if=Test(0, any_bit=NEW_NAMESPACES)),
    Rule("ioctl", only_if=Test(1, (TIOCSTI, TIOCLINUX))),
    Rule("prctl", only_if=Test(0, (PR_SET_DUMPABLE,))),  # or a process could hide its memory and files from its user
    Rule("personality", unless=(Test(0, (0, 0xFFFFFFFF)),)),
    Rule("setpriority", unless=(Test(0, (0,)), Test(1, (0,)))),
    Rule("sched_setscheduler", 0, unless=SELF_ONLY),  # libzmq calls it for its own thread and aborts on any error
    *(Rule(call, unless=SELF_ONLY) for call in ("prlimit64", "sched_setaffinity")),
    *(Rule(call, unless=SELF_ONLY) for call in ("sched_setparam", "sched_setattr")),
)
# EOPNOTSUPP, because libzmq aborts where getifaddrs is refused in another way. A network namespace does not cover
# every family (AF_VSOCK).
IN_NAMESPACES = (
    *EVERYWHERE,
    Rule("socket", errno.EOPNOTSUPP, unless=(Test(0, (AF_UNIX, AF_INET, AF_INET6)),)),
    Rule("socketpair", errno.EOPNOTSUPP, unless=(Test(0, (AF_UNIX,)),)),
)
# Without namespaces: no connection to anything, and nothing that Landlock leaves open to the owner of a file: modes,
# owners, times. Those calls succeed and do nothing, since copying and unpacking make them and do not depend on them.
STREAM_ONLY = (Test(0, (AF_UNIX,)), Test(1, (SOCK_STREAM,), mask=SOCK_TYPE_MASK))
WITHOUT_NAMESPACES = (
    *EVERYWHERE,
    Rule("socket", errno.EOPNOTSUPP, unless=STREAM_ONLY),
    Rule("socketpair", errno.EOPNOTSUPP, unless=STREAM_ONLY),
    Rule("connect"),
    Rule("sendmmsg"),
    *(Rule(call, 0) for call in ATTRIBUTES.split()),
    *(Rule(call) for call in EXTENDED_ATTRIBUTES.split()),
)


def assemble(rules: Sequence[Rule], machine: str | None = None) -> bytes:
    """The filter as the kernel takes it, 8 bytes an instruction, for this machine or the one named.

    Raises InterpreterUnavailable for a machine whose system calls are not known.
    """
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        known = " and ".join(ARCHITECTURES)
        raise InterpreterUnavailable(f"System call filters are known for {known} only; this machine is {machine}.")
    audit_number, column = ARCHITECTURES[machine]
    program = [
        _instruction(LOAD, ARCHITECTURE_OFFSET),
        _instruction(JUMP_EQUAL, audit_number, if_true=1),
        _instruction(RETURN, KILL_PROCESS),
        _instruction(LOAD, NUMBER_OFFSET),
        _instruction(JUMP_GREATER_EQUAL, NEWEST + 1, if_false=1),  # x32's numbers are among them
        _instruction(RETURN, ERRNO | errno.ENOSYS),
    ]
    for rule in rules:
        number = NUMBERS[rule.call][column]
        if number is not None:
            block = _refusal(rule)
            program += [_instruction(JUMP_EQUAL, number, if_false=len(block)), *block]
    return b"".join([*program, _instruction(RETURN, ALLOW)])


def _refusal(rule: Rule) -> list[bytes]:
    """What is done with a call once its number has matched: every way through ends in a return."""
    refuse, allow = _instruction(RETURN, ERRNO | rule.error), _instruction(RETURN, ALLOW)
    if rule.only_if is not None:
        return [*_check(rule.only_if), refuse, allow]
    if not rule.unless:
        return [refuse]
    body = [allow]
    for test in reversed(rule.unless):
        body = [*_check(test, skip=len(body)), *body]
    return [*body, refuse]


def _check(test: Test, skip: int = 1) -> list[bytes]:
    """Falls through where the test holds, else jumps over `skip` instructions."""
    head = [_instruction(LOAD, ARGUMENTS_OFFSET + 8 * test.argument)]
    if test.any_bit:
        return [*head, _instruction(JUMP_ANY_BIT, test.any_bit, if_false=skip)]
    if test.mask != 0xFFFFFFFF:
        head.append(_instruction(AND, test.mask))
    last = len(test.values) - 1
    jumps = [
        _instruction(JUMP_EQUAL, value, if_true=last - place, if_false=skip if place == last else 0)
        for place, value in enumerate(test.values)
    ]
    return [*head, *jumps]


def _instruction(code: int, operand: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
