"""Other sessions, and what is to stay behind when the session has ended."""

import ctypes
import os
import socket
import time

from .registry import World, attack, call, read

SESSIONS, STAYING = "other sessions", "staying behind"


@attack(SESSIONS)
def read_another_sessions_file(world: World) -> str:
    return read(world["other_data"] + "/file")


@attack(SESSIONS)
def list_another_sessions_files(world: World) -> list[str]:
    return os.listdir(world["other_data"])


@attack(SESSIONS)
def list_all_sessions(world: World) -> list[str]:
    return os.listdir(os.path.dirname(world["other_data"]))


@attack(SESSIONS)
def plant_a_file_in_another_session(world: World) -> str:
    with open(world["other_data"] + "/planted.py", "w") as file:
        file.write("planted")
    return "planted"


@attack(SESSIONS)
def read_another_kernels_key(world: World) -> str:
    return read(world["other_run"] + "/c.json")


@attack(SESSIONS)
def connect_to_another_kernel(world: World) -> bytes:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(world["other_run"] + "/socket")
    connection.settimeout(5)
    return connection.recv(10)


@attack(SESSIONS)
def reach_another_session_through_its_process(world: World) -> list[str]:
    return os.listdir(f"/proc/{world['sleepers']['reach_another_session_through_its_process']}/cwd")


@attack(SESSIONS)
def attach_shared_memory(world: World) -> str:
    segment = call("shmget", world["shm_key"], 0, 0)
    return f"attached {segment}"


@attack(SESSIONS)
def make_shared_memory(world: World) -> str:
    private, create = 0, 0o1600
    return f"made {call('shmget', private, 4096, create)}"


@attack(SESSIONS)
def open_a_message_queue(world: World) -> str:
    private, create = 0, 0o1600
    return f"made {call('msgget', private, create)}"


@attack(SESSIONS, "none")
def open_a_named_message_queue(world: World) -> str:
    return f"made {call('mq_open', b'intruder', os.O_CREAT | os.O_RDWR, 0o600, 0)}"


@attack(SESSIONS, is_seen_outside=True)
def meet_in_shared_memory_files(world: World) -> None:
    with open("/dev/shm/" + world["mark"], "w") as file:
        file.write("here")


@attack(STAYING, is_seen_outside=True)
def leave_a_file_in_tmp(world: World) -> None:
    with open("/tmp/" + world["mark"], "w") as file:
        file.write("here")


@attack(STAYING, is_seen_outside=True)
def leave_a_file_in_var_tmp(world: World) -> None:
    with open("/var/tmp/" + world["mark"], "w") as file:
        file.write("here")


@attack(STAYING, is_seen_outside=True)
def leave_a_daemon(world: World) -> None:
    """Double fork, a session of its own, deaf to signals; it shows signs of life in a file."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    import signal

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.alarm(0)
    for descriptor in range(1024):
        try:
            os.close(descriptor)
        except OSError:
            continue
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        with open(os.path.join(world["data"], "alive"), "w") as file:
            file.write(str(time.time()))
        time.sleep(0.02)
    os._exit(0)


@attack(STAYING)
def change_the_users_shell_profile(world: World) -> str:
    with open(world["home"] + "/.bashrc", "a") as file:
        file.write("intruder")
    return "changed"


@attack(STAYING, "none")
def install_a_timed_job(world: World) -> str:
    for path in ("/etc/cron.d/intruder", "/var/spool/cron/crontabs/intruder", "/etc/profile.d/intruder.sh"):
        try:
            with open(path, "w"):
                return path
        except OSError:
            continue
    return ""


@attack(STAYING)
def customise_the_users_python(world: World) -> str:
    path = world["home"] + "/.local"
    os.mkdir(path)
    return path


@attack(STAYING, "none")
def preload_a_library(world: World) -> str:
    with open("/etc/ld.so.preload", "a") as file:
        return str(file.writable())


@attack(STAYING)
def keep_a_secret_in_the_keyring(world: World) -> str:
    user_keyring = ctypes.c_long(-4)
    return f"key {call('add_key', b'user', b'intruder', b'value', 5, user_keyring)}"
