"""Reading and changing files of the host."""

import ctypes
import os
import shutil
import subprocess
import sys

from .registry import World, attack, call, libc, read

READING, WRITING = "reading files", "changing files"


@attack(READING)
def read_the_database(world: World) -> str:
    return read(world["secret"])


@attack(READING)
def list_the_data_directory(world: World) -> list[str]:
    return os.listdir(world["secret_dir"])


@attack(READING)
def read_the_user_database(world: World) -> str:
    return read("/etc/passwd")


@attack(READING, "root")
def read_the_password_hashes(world: World) -> str:
    return read("/etc/shadow")


@attack(READING)
def read_the_home_directory(world: World) -> str:
    return read(world["home_secret"])


@attack(READING)
def read_the_host_name_and_resolver(world: World) -> str:
    return read("/etc/hostname") + read("/etc/hosts")


@attack(READING)
def read_through_own_root_link(world: World) -> str:
    return read("/proc/self/root" + world["secret"])


@attack(READING)
def read_through_the_engines_root_link(world: World) -> str:
    return read(f"/proc/{world['engine']}/root" + world["secret"])


@attack(READING)
def read_through_own_working_directory_link(world: World) -> str:
    return read("/proc/self/cwd/" + "../" * 40 + world["secret"].lstrip("/"))


@attack(READING)
def read_through_a_symlink(world: World) -> str:
    link = os.path.join(world["data"], "link")
    os.symlink(world["secret"], link)
    return read(link)


@attack(READING)
def list_through_a_directory_symlink(world: World) -> list[str]:
    link = os.path.join(world["data"], "directory-link")
    os.symlink(world["secret_dir"], link)
    return os.listdir(link)


@attack(READING)
def read_through_a_hard_link(world: World) -> str:
    link = os.path.join(world["data"], "hard-link")
    os.link(world["victims"] + "/read_through_a_hard_link", link)
    return read(link)


@attack(READING)
def read_after_moving_it_here(world: World) -> str:
    moved = os.path.join(world["data"], "moved")
    os.rename(world["victims"] + "/read_after_moving_it_here", moved)
    return read(moved)


@attack(READING)
def read_by_reopening_a_path_descriptor(world: World) -> str:
    descriptor = os.open(world["secret"], os.O_PATH)
    return read(f"/proc/self/fd/{descriptor}")


@attack(READING)
def read_relative_to_a_path_descriptor(world: World) -> bytes:
    directory = os.open(world["secret_dir"], os.O_PATH)
    return os.read(os.open("secret", os.O_RDONLY, dir_fd=directory), 100)


@attack(READING)
def read_after_chdir(world: World) -> str:
    os.chdir(world["secret_dir"])
    return read("secret")


@attack(READING)
def read_in_another_program(world: World) -> str:
    done = subprocess.run(["/bin/cat", world["secret"]], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr)
    return done.stdout


@attack(READING)
def read_an_inherited_descriptor(world: World) -> str:
    for descriptor in range(3, 256):
        try:
            content = os.pread(descriptor, 1000, 0)
        except OSError:
            continue
        if world["token"].encode() in content:
            return f"descriptor {descriptor}"
    return ""


@attack(READING, "root")
def read_by_file_handle(world: World) -> bytes:
    handle = ctypes.create_string_buffer(8 + 128)
    ctypes.memmove(handle, (128).to_bytes(4, "little"), 4)
    mount = ctypes.c_int()
    call("name_to_handle_at", -100, world["secret"].encode(), handle, ctypes.byref(mount), 0)
    directory = os.open(world["secret_dir"], os.O_RDONLY)
    return os.read(call("open_by_handle_at", directory, handle, os.O_RDONLY), 100)


@attack(READING)
def watch_the_data_directory(world: World) -> str:
    watcher = libc.inotify_init1(0)
    if watcher < 0 or libc.inotify_add_watch(watcher, world["secret_dir"].encode(), 0xFFF) < 0:
        raise OSError("refused")
    return "watching"


@attack(READING)
def find_it_anywhere(world: World) -> str:
    seen = 0
    for root in ("/home", "/root", "/var", "/srv", "/opt", "/etc", "/mnt", "/run", "/tmp", world["secret_dir"]):
        for directory, _, names in os.walk(root):
            seen += 1
            if os.path.basename(world["secret_dir"]) in directory and "secret" in names:
                return read(os.path.join(directory, "secret"))
            if seen > 20_000:
                break
    return ""


@attack(WRITING)
def make_a_file_beside_the_database(world: World) -> str:
    with open(world["secret_dir"] + "/made", "w") as file:
        file.write("made")
    return "made"


@attack(WRITING)
def append_to_the_database(world: World) -> str:
    with open(world["victims"] + "/append_to_the_database", "a") as file:
        file.write("appended")
    return "appended"


@attack(WRITING)
def truncate_the_database(world: World) -> str:
    os.truncate(world["victims"] + "/truncate_the_database", 0)
    return "truncated"


@attack(WRITING)
def change_its_mode(world: World) -> str:
    path = world["victims"] + "/change_its_mode"
    os.chmod(path, 0o666)
    return "changed" if os.stat(path).st_mode & 0o777 == 0o666 else ""


@attack(WRITING)
def change_its_mode_by_descriptor(world: World) -> str:
    path = world["victims"] + "/change_its_mode_by_descriptor"
    descriptor = os.open(path, os.O_RDONLY)
    os.fchmod(descriptor, 0o666)
    return "changed" if os.stat(path).st_mode & 0o777 == 0o666 else ""


@attack(WRITING)
def change_its_times(world: World) -> str:
    path = world["victims"] + "/change_its_times"
    os.utime(path, (1, 1))
    return "changed" if os.stat(path).st_mtime == 1 else ""


@attack(WRITING, "root")
def change_its_owner(world: World) -> str:
    path = world["victims"] + "/change_its_owner"
    os.chown(path, 12345, 12345)
    return "changed" if os.stat(path).st_uid == 12345 else ""


@attack(WRITING, needs="has_extended_attributes")
def set_an_extended_attribute(world: World) -> str:
    os.setxattr(world["victims"] + "/set_an_extended_attribute", "user.mark", b"1")
    return "set"


@attack(WRITING)
def delete_a_file(world: World) -> str:
    os.unlink(world["victims"] + "/delete_a_file")
    return "deleted"


@attack(WRITING)
def rename_a_file(world: World) -> str:
    os.rename(world["victims"] + "/rename_a_file", world["victims"] + "/renamed")
    return "renamed"


@attack(WRITING)
def replace_a_file(world: World) -> str:
    own = os.path.join(world["data"], "replacement")
    with open(own, "w") as file:
        file.write("replaced")
    os.replace(own, world["victims"] + "/replace_a_file")
    return "replaced"


@attack(WRITING)
def make_a_directory(world: World) -> str:
    os.mkdir(world["secret_dir"] + "/directory")
    return "made"


@attack(WRITING)
def make_a_symlink(world: World) -> str:
    os.symlink("/etc/passwd", world["secret_dir"] + "/symlink")
    return "made"


@attack(WRITING)
def make_a_fifo(world: World) -> str:
    os.mkfifo(world["secret_dir"] + "/fifo")
    return "made"


@attack(WRITING)
def write_through_a_symlink(world: World) -> str:
    link = os.path.join(world["data"], "write-link")
    os.symlink(world["victims"] + "/write_through_a_symlink", link)
    with open(link, "w") as file:
        file.write("written")
    return "written"


@attack(WRITING)
def copy_a_tree_over_it(world: World) -> str:
    shutil.copy(__file__, world["secret_dir"] + "/copied.py")
    return "copied"


@attack(WRITING, "none")
def add_to_the_python_packages(world: World) -> str:
    import sysconfig

    with open(os.path.join(world["site_packages"] or sysconfig.get_path("purelib"), "intruder.pth"), "w") as file:
        file.write("import os\n")
    return "added"


@attack(WRITING, "none")
def change_the_python_program(world: World) -> str:
    with open(os.path.realpath(sys.executable), "r+b") as file:
        return str(file.writable())


@attack(WRITING, "none")
def change_the_confining_script(world: World) -> str:
    with open(world["confine"], "r+b") as file:
        return str(file.writable())


@attack(WRITING, "none")
def change_system_programs(world: World) -> str:
    with open("/usr/bin/intruder", "w") as file:
        return str(file.writable())


@attack(WRITING, "none")
def write_to_the_root(world: World) -> str:
    with open("/intruder", "w") as file:
        return str(file.writable())
