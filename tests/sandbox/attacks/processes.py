"""The engine's secrets in its environment and memory, and other processes of the host."""

import ctypes
import fcntl
import os
import resource
import signal

from .registry import World, attack, call, read

SECRETS, OTHERS = "secrets in processes", "other processes"


@attack(SECRETS)
def find_the_key_in_the_environment(world: World) -> str:
    return "found" if world["token"] in "".join(os.environ.values()) else ""


@attack(SECRETS)
def find_the_key_in_own_initial_environment(world: World) -> str:
    return "found" if world["token"] in read("/proc/self/environ") else ""


@attack(SECRETS)
def find_the_key_in_the_parents_environment(world: World) -> str:
    """Of every process from the parent up to the first: the sandbox's own programs are among them."""
    pid, errors, found = os.getppid(), [], ""
    while pid:
        try:
            found = found or ("found" if world["token"] in read(f"/proc/{pid}/environ") else "")
            pid = int(read(f"/proc/{pid}/stat").rpartition(")")[2].split()[1])
        except OSError as exc:
            errors.append(exc)
            break
    if errors and not found:
        raise errors[0]
    return found


@attack(SECRETS)
def read_the_engines_environment(world: World) -> str:
    return read(f"/proc/{world['engine']}/environ")


@attack(SECRETS)
def read_every_environment(world: World) -> str:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if world["token"] in read(f"/proc/{pid}/environ"):
                return f"process {pid}"
        except OSError:
            continue
    return ""


@attack(SECRETS)
def read_every_command_line(world: World) -> str:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) in (os.getpid(), os.getppid()):
            continue
        try:
            if "decoy-argument" in read(f"/proc/{pid}/cmdline"):
                return f"process {pid}"
        except OSError:
            continue
    return ""


@attack(SECRETS)
def read_the_decoys_command_line(world: World) -> str:
    return read(f"/proc/{world['decoy']}/cmdline")


@attack(SECRETS)
def read_the_decoys_memory_map(world: World) -> str:
    return read(f"/proc/{world['decoy']}/maps")


@attack(SECRETS)
def read_the_decoys_memory_file(world: World) -> bytes:
    address = int(read(f"/proc/{world['decoy']}/maps").split("-")[0], 16)
    descriptor = os.open(f"/proc/{world['decoy']}/mem", os.O_RDONLY)
    return os.pread(descriptor, 16, address)


@attack(SECRETS)
def list_the_decoys_descriptors(world: World) -> list[str]:
    return os.listdir(f"/proc/{world['decoy']}/fd")


@attack(SECRETS)
def read_the_decoys_memory_by_call(world: World) -> int:
    here = ctypes.create_string_buffer(16)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(here), 16)
    remote = (ctypes.c_size_t * 2)(world["decoy_address"], 16)
    return call("process_vm_readv", world["decoy"], local, 1, remote, 1, 0)


@attack(SECRETS)
def take_a_descriptor_from_the_decoy(world: World) -> str:
    return f"descriptor {call('pidfd_getfd', os.pidfd_open(world['decoy']), 0, 0)}"


@attack(SECRETS)
def attach_to_the_decoy(world: World) -> str:
    seize = 0x4206
    return f"attached {call('ptrace', seize, world['decoy'], 0, 0)}"


@attack(OTHERS)
def see_the_decoy(world: World) -> str:
    return read(f"/proc/{world['decoy']}/status")


@attack(OTHERS)
def probe_the_engine(world: World) -> str:
    os.kill(world["engine"], 0)
    return "may be signalled"


@attack(OTHERS)
def kill_a_process(world: World) -> str:
    os.kill(world["sleepers"]["kill_a_process"], signal.SIGKILL)
    return "killed"


@attack(OTHERS)
def kill_a_process_group(world: World) -> str:
    os.killpg(world["sleepers"]["kill_a_process_group"], signal.SIGKILL)
    return "killed"


@attack(OTHERS)
def kill_a_process_by_its_descriptor(world: World) -> str:
    signal.pidfd_send_signal(os.pidfd_open(world["sleepers"]["kill_a_process_by_its_descriptor"]), signal.SIGKILL)
    return "killed"


@attack(OTHERS)
def kill_a_thread(world: World) -> str:
    pid = world["sleepers"]["kill_a_thread"]
    return f"killed {call('tgkill', pid, pid, int(signal.SIGKILL))}"


@attack(OTHERS)
def queue_a_signal(world: World) -> str:
    information = ctypes.create_string_buffer(128)
    ctypes.memmove(
        information, signal.SIGTERM.to_bytes(4, "little") + bytes(4) + (-1 & 0xFFFFFFFF).to_bytes(4, "little"), 12
    )
    return f"queued {call('rt_sigqueueinfo', world['sleepers']['queue_a_signal'], int(signal.SIGTERM), information)}"


@attack(OTHERS, is_seen_outside=True)
def kill_a_process_as_a_pipes_owner(world: World) -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, world["sleepers"]["kill_a_process_as_a_pipes_owner"])
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC)
    os.write(writing, b"x")


@attack(OTHERS)
def limit_another_process(world: World) -> str:
    return str(resource.prlimit(world["sleepers"]["limit_another_process"], resource.RLIMIT_NOFILE, (4, 4)))


@attack(OTHERS)
def read_another_process_limits(world: World) -> str:
    return str(resource.prlimit(world["engine"], resource.RLIMIT_NOFILE))


@attack(OTHERS)
def slow_another_process(world: World) -> str:
    os.setpriority(os.PRIO_PROCESS, world["sleepers"]["slow_another_process"], 19)
    return "slowed"


@attack(OTHERS, "none")
def slow_the_whole_user(world: World) -> str:
    os.setpriority(os.PRIO_USER, 0, 1)
    return "slowed"


@attack(OTHERS)
def bind_another_process_to_one_processor(world: World) -> str:
    os.sched_setaffinity(world["sleepers"]["bind_another_process_to_one_processor"], {min(os.sched_getaffinity(0))})
    return "bound"


@attack(OTHERS)
def schedule_another_process_as_idle(world: World) -> str:
    pid = world["sleepers"]["schedule_another_process_as_idle"]
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    return "done" if os.sched_getscheduler(pid) == os.SCHED_IDLE else ""


@attack(OTHERS)
def lower_another_process_disk_priority(world: World) -> str:
    return f"done {call('ioprio_set', 1, world['sleepers']['lower_another_process_disk_priority'], 3 << 13)}"


@attack(OTHERS)
def compare_with_another_process(world: World) -> str:
    return f"done {call('kcmp', os.getpid(), world['decoy'], 1, 0, 0)}"


@attack(OTHERS)
def move_another_process_pages(world: World) -> str:
    pages = (ctypes.c_size_t * 1)(world["decoy_address"])
    status = (ctypes.c_int * 1)()
    return f"done {call('move_pages', world['decoy'], 1, pages, 0, status, 0)}"


@attack(OTHERS)
def make_another_process_first_to_die(world: World) -> str:
    with open(f"/proc/{world['sleepers']['make_another_process_first_to_die']}/oom_score_adj", "w") as file:
        file.write("900")
    return "done"
