"""What a container gives a process by default: few capabilities, and no system calls for namespaces and mounts.

    python -m tests.sandbox.docker COMMAND ARGUMENT …

After the published default profile of the common container engines: what it refuses to a process without further
capabilities. Landlock's own calls are among those it allows.
"""

import ctypes
import errno
import os
import sys

from localassist.interpreter.sandbox.confine import (
    PR_CAPBSET_DROP,
    PR_SET_NO_NEW_PRIVS,
    checked,
    filter_system_calls,
    libc,
)
from localassist.interpreter.sandbox.seccomp import NEW_NAMESPACES, Rule, Test, assemble

REFUSED = """mount umount2 pivot_root move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr unshare setns
bpf perf_event_open userfaultfd keyctl add_key request_key io_uring_setup io_uring_enter io_uring_register kexec_load
kexec_file_load init_module finit_module delete_module swapon swapoff reboot acct quotactl syslog open_by_handle_at
settimeofday clock_settime sethostname setdomainname iopl ioperm uselib vhangup fanotify_init kcmp move_pages nfsservctl
lookup_dcookie process_madvise pidfd_getfd"""
KEPT_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)  # chown, dac_override, … : the default set
RULES = (
    *(Rule(call) for call in REFUSED.split()),
    Rule("clone3", errno.ENOSYS),
    Rule("clone", only_if=Test(0, any_bit=NEW_NAMESPACES)),
)


def enter() -> None:
    """Put this process and all it starts under the profile."""
    if os.geteuid() == 0:
        for capability in set(range(64)) - set(KEPT_CAPABILITIES):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        keep_only(KEPT_CAPABILITIES)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    filter_system_calls(assemble(RULES))


def keep_only(capabilities: tuple[int, ...]) -> None:
    bits = sum(1 << capability for capability in capabilities)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    checked(libc.capset(header, (ctypes.c_uint32 * 6)(bits, bits, 0, 0, 0, 0)), "capset")


if __name__ == "__main__":
    enter()
    os.execvp(sys.argv[1], sys.argv[1:])
