"""Namespaces, capabilities, users, limits and the parts of the kernel that are commonly attacked."""

import ctypes
import mmap
import os
import platform
import resource
import subprocess

from .registry import World, attack, call, libc, read

NAMESPACES, RIGHTS, KERNEL = "namespaces and mounts", "rights and limits", "kernel interfaces"
NEW_USER, NEW_MOUNT, NEW_NET, NEW_PID = 0x10000000, 0x20000, 0x40000000, 0x20000000
SIGCHLD = 17


def clone_into(flags: int) -> str:
    pid = call("clone", flags | SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "entered"


@attack(NAMESPACES, needs="may_make_user_namespaces")
def unshare_users(world: World) -> str:
    return f"done {call('unshare', NEW_USER)}"


@attack(NAMESPACES, needs="may_make_user_namespaces")
def unshare_users_and_mounts(world: World) -> str:
    return f"done {call('unshare', NEW_USER | NEW_MOUNT)}"


@attack(NAMESPACES, "root")
def unshare_mounts(world: World) -> str:
    return f"done {call('unshare', NEW_MOUNT)}"


@attack(NAMESPACES, "root")
def unshare_the_network(world: World) -> str:
    return f"done {call('unshare', NEW_NET)}"


@attack(NAMESPACES, needs="may_make_user_namespaces")
def clone_into_new_users(world: World) -> str:
    return clone_into(NEW_USER)


@attack(NAMESPACES, "root")
def clone_into_new_processes(world: World) -> str:
    return clone_into(NEW_PID)


@attack(NAMESPACES, needs="may_make_user_namespaces")
def clone3_into_new_users(world: World) -> str:
    arguments = (ctypes.c_uint64 * 11)(NEW_USER, 0, 0, 0, SIGCHLD)
    pid = call("clone3", arguments, ctypes.sizeof(arguments))
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "entered"


@attack(NAMESPACES, "root")
def enter_the_engines_mounts(world: World) -> str:
    namespace = os.open(f"/proc/{world['engine']}/ns/mnt", os.O_RDONLY)
    return f"done {call('setns', namespace, 0)}"


@attack(NAMESPACES)
def look_at_the_engines_namespaces(world: World) -> str:
    return os.readlink(f"/proc/{world['engine']}/ns/mnt")


@attack(NAMESPACES, "none")
def mount_a_file_system(world: World) -> str:
    return f"done {call('mount', b'none', world['data'].encode(), b'tmpfs', 0, None)}"


@attack(NAMESPACES, "none")
def mount_read_only_parts_writable(world: World) -> str:
    remount_bind = 32 | 4096
    return f"done {call('mount', b'none', b'/usr', None, remount_bind, None)}"


@attack(NAMESPACES, "none")
def unmount_what_covers(world: World) -> str:
    return f"done {call('umount2', b'/proc', 2)}"


@attack(NAMESPACES, "none")
def pivot_the_root(world: World) -> str:
    return f"done {call('pivot_root', b'.', b'.')}"


@attack(NAMESPACES, "root")
def change_the_root(world: World) -> str:
    os.chroot(world["data"])
    return "done"


@attack(NAMESPACES, "root")
def open_a_new_file_system(world: World) -> str:
    return f"done {call('fsopen', b'tmpfs', 0)}"


@attack(NAMESPACES, "root")
def copy_a_mount(world: World) -> str:
    clone_tree = 1
    return f"done {call('open_tree', -100, b'/', clone_tree)}"


@attack(RIGHTS, "root")
def become_root(world: World) -> str:
    os.setresuid(0, 0, 0)
    return "root"


@attack(RIGHTS, "root")
def take_another_group(world: World) -> str:
    os.setgroups([0, 42])
    return "done"


@attack(RIGHTS, "none")
def become_root_by_a_setuid_program(world: World) -> str:
    for command in (["su", "-c", "id -u"], ["sudo", "-n", "id", "-u"], ["pkexec", "id", "-u"]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            continue
        if done.returncode == 0 and done.stdout.strip() == "0":
            return command[0]
    return ""


@attack(RIGHTS, "none")
def gain_rights_by_executing(world: World) -> str:
    return "" if "NoNewPrivs:\t1" in read("/proc/self/status") else "no_new_privs is not set"


@attack(RIGHTS, "root")
def take_all_capabilities(world: World) -> str:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)(0xFFFFFFFF, 0x1FF, 0, 0x1FF, 0xFFFFFFFF, 0x1FF)
    data[0], data[1] = 0x80000, 0x80000  # CAP_SYS_PTRACE
    data[2] = data[3] = data[4] = data[5] = 0
    return f"done {call('capset', header, data)}"


@attack(RIGHTS, "none")
def raise_a_limit(world: World) -> str:
    _, hardest = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hardest + 1, hardest + 1))
    except ValueError as exc:
        raise OSError(str(exc)) from exc
    return "raised"


@attack(RIGHTS, "root")
def take_real_time_priority(world: World) -> str:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    return "done"


@attack(RIGHTS, "root")
def go_before_others(world: World) -> str:
    os.nice(-5)
    return "done"


@attack(RIGHTS, "none")
def evade_the_memory_killer(world: World) -> str:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-900")
    return "done"


@attack(RIGHTS)
def hide_from_the_watchdog(world: World) -> str:
    dumpable = 4
    if libc.prctl(dumpable, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    return "hidden"


@attack(RIGHTS, "none")
def remove_the_filter(world: World) -> str:
    return "" if "Seccomp:\t2" in read("/proc/self/status") else "there is none"


@attack(KERNEL, "root")
def load_a_bpf_program(world: World) -> str:
    attributes = (ctypes.c_uint32 * 32)(1, 4, 4, 1)  # an array map of one value
    return f"done {call('bpf', 0, attributes, ctypes.sizeof(attributes))}"


@attack(KERNEL, "none")
def count_events(world: World) -> str:
    attributes = (ctypes.c_uint64 * 16)(1 | 128 << 32)
    return f"done {call('perf_event_open', attributes, 0, -1, -1, 0)}"


@attack(KERNEL, "none")
def handle_page_faults(world: World) -> str:
    return f"done {call('userfaultfd', 1)}"


@attack(KERNEL, needs="has_io_uring")
def set_up_an_io_ring(world: World) -> str:
    return f"done {call('io_uring_setup', 1, ctypes.create_string_buffer(120))}"


@attack(KERNEL)
def make_an_anonymous_program(world: World) -> str:
    return f"done {call('memfd_create', b'program', 0)}"


@attack(KERNEL)
def use_the_keyring(world: World) -> str:
    get_keyring = 0
    return f"done {call('keyctl', get_keyring, -3, 1)}"


@attack(KERNEL, "none")
def load_a_module(world: World) -> str:
    return f"done {call('finit_module', 0, b'', 0)}"


@attack(KERNEL, "none")
def load_another_kernel(world: World) -> str:
    return f"done {call('kexec_load', 0, 0, None, 0)}"


@attack(KERNEL, "root")
def read_the_kernels_log(world: World) -> str:
    return f"size {call('syslog', 10, None, 0)}"


@attack(KERNEL, "root", needs="has_fanotify")
def watch_the_whole_file_system(world: World) -> str:
    return f"done {call('fanotify_init', 0, 0)}"


@attack(KERNEL, "none")
def set_the_clock(world: World) -> str:
    return f"done {call('settimeofday', None, (ctypes.c_int32 * 2)(0, 0))}"


@attack(KERNEL, "none")
def rename_the_host(world: World) -> str:
    return f"done {call('sethostname', b'intruder', 8)}"


@attack(KERNEL, "none")
def swap_and_account(world: World) -> str:
    return f"done {call('swapon', b'/dev/null', 0)} {call('acct', None)}"


@attack(KERNEL, needs="has_statmount")
def list_the_hosts_mounts_by_call(world: World) -> str:
    request = (ctypes.c_uint64 * 3)(24, 0xFFFFFFFFFFFFFFFF, 0)
    identities = (ctypes.c_uint64 * 64)()
    return f"{call('listmount', request, identities, 64, 0)} mounts"


@attack(KERNEL, "none")
def make_a_call_newer_than_the_filter(world: World) -> str:
    """Were unknown numbers let through, the kernel would look at the arguments and complain of those."""
    try:
        call("file_setattr", -100, b"/nowhere", None, 0, 0)
    except OSError as exc:
        if exc.errno != 38:
            return f"the kernel looked at it: {exc}"
        raise
    return "done"


@attack(KERNEL, needs="has_ia32")
def use_the_32_bit_calls(world: World) -> int:
    """int 0x80 with another table of numbers; getpid there, whose number is writev's here."""
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20; int 0x80; ret
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    return function()


@attack(KERNEL, "none")
def use_the_x32_calls(world: World) -> int:
    if platform.machine() != "x86_64":
        raise OSError("this machine has none")
    result = libc.syscall(ctypes.c_long(0x40000000 + 39))
    if result < 0:
        raise OSError(ctypes.get_errno(), "x32 getpid")
    return result
