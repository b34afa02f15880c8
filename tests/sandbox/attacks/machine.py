"""Devices, the terminal, and the host's settings and facts under /proc and /sys."""

import fcntl
import os
import stat

from .registry import World, attack, read

DEVICES, SETTINGS = "devices", "settings of the host"
OTHER_DEVICES = """kvm fuse net/tun vhost-vsock loop-control snapshot uinput input/event0 dri/card0 nvidia0 video0
hwrng"""


@attack(DEVICES, "root", needs="disk")
def read_the_disk(world: World) -> str:
    return f"{len(read(world['disk'], 512))} bytes"


@attack(DEVICES, "root")
def make_a_disk_device(world: World) -> str:
    path = os.path.join(world["data"], "disk")
    os.mknod(path, 0o600 | stat.S_IFBLK, world["disk_number"])
    return path


@attack(DEVICES, "root")
def make_a_character_device(world: World) -> str:
    path = os.path.join(world["data"], "memory")
    os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 1))
    return path


@attack(DEVICES, "root", needs="has_kmsg")
def read_the_kernels_messages(world: World) -> str:
    return os.read(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK), 8192).decode()


@attack(DEVICES, "none")
def read_physical_memory(world: World) -> str:
    for path in ("/dev/mem", "/dev/port", "/proc/kcore", "/dev/kmem"):
        try:
            return path + read(path, 16)
        except OSError:
            continue
    return ""


@attack(DEVICES, "none")
def open_virtualisation_and_other_devices(world: World) -> list[str]:
    opened = []
    for name in OTHER_DEVICES.split():
        path = f"/dev/{name}"
        try:
            os.close(os.open(path, os.O_RDWR))
        except OSError:
            continue
        opened.append(path)
    return opened


@attack(DEVICES, "none")
def use_the_terminal(world: World) -> str:
    return f"descriptor {os.open('/dev/tty', os.O_RDWR)}"


@attack(DEVICES, needs="has_terminals")
def type_into_a_terminal(world: World) -> str:
    put_character = 0x5412
    _, follower = os.openpty()
    os.setsid()
    fcntl.ioctl(follower, 0x540E, 0)
    fcntl.ioctl(follower, put_character, b"x")
    return "typed"


@attack(SETTINGS, "root")
def change_a_kernel_setting(world: World) -> str:
    with open("/proc/sys/kernel/core_pattern", "r+") as file:
        return str(file.writable())


@attack(SETTINGS, "none")
def press_the_emergency_key(world: World) -> str:
    with open("/proc/sysrq-trigger", "w") as file:
        return str(file.writable())


@attack(SETTINGS, "none")
def change_control_groups(world: World) -> str:
    for directory, _, names in os.walk("/sys/fs/cgroup"):
        for name in set(names) & {"cgroup.procs", "release_agent", "tasks"}:
            try:
                with open(os.path.join(directory, name), "w"):
                    return os.path.join(directory, name)
            except OSError:
                continue
    return ""


@attack(SETTINGS, "none")
def change_settings_under_sys(world: World) -> str:
    for path in ("/sys/kernel/uevent_helper", "/sys/power/state", "/sys/kernel/mm/transparent_hugepage/enabled"):
        try:
            with open(path, "r+"):
                return path
        except OSError:
            continue
    return ""


@attack(SETTINGS)
def list_the_hosts_processes(world: World) -> list[str]:
    others = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) > 0]
    return others if len(others) > 20 or str(world["decoy"]) in others else []


@attack(SETTINGS)
def list_the_hosts_connections(world: World) -> str:
    return "found" if f":{world['port']:04X} " in read("/proc/net/tcp") else ""


@attack(SETTINGS)
def list_the_hosts_unix_sockets(world: World) -> str:
    return "found" if world["unix"] in read("/proc/net/unix", 1 << 22) else ""


@attack(SETTINGS)
def read_the_hosts_disks(world: World) -> str:
    return read("/proc/partitions") + read("/proc/diskstats")


@attack(SETTINGS, "root")
def read_kernel_addresses(world: World) -> str:
    return (
        "addresses" if any(not line.startswith("0" * 16) for line in read("/proc/kallsyms").splitlines()[:50]) else ""
    )
