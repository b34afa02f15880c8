import os

import pytest

from localassist.config import Config
from localassist.interpreter.sandbox.base import (
    SESSION_UIDS,
    Breach,
    Limits,
    SessionDirs,
    covers,
    has_session_users,
)
from localassist.interpreter.sandbox.seatbelt import build_profile

MIB = 1 << 20


def test_a_process_may_reserve_as_much_as_its_session_may_use_unless_told_otherwise():
    assert Limits.from_config(Config(code_memory_mib=512)).address_space_bytes == 512 * MIB
    limits = Limits.from_config(Config(code_memory_mib=512, code_address_space_mib=4096))
    assert (limits.memory_bytes, limits.address_space_bytes) == (512 * MIB, 4096 * MIB)


def test_the_defaults_of_settings_and_limits_are_the_same():
    assert Limits.from_config(Config()) == Limits()


def test_a_breach_says_how_much_was_used_of_what():
    assert str(Breach("memory", 600 * MIB, 512 * MIB)) == "600 MiB of memory, more than the 512 MiB allowed"
    assert str(Breach("processes", 129, 128)) == "129 processes, more than the 128 allowed"
    assert str(Breach("free disk", 100 * MIB, 512 * MIB)) == "the disk is nearly full: 100 MiB are free"


def test_directories_are_private_and_keep_their_user(tmp_path):
    made = [SessionDirs.make(tmp_path / "data", tmp_path / name, tmp_path / "tmp") for name in ("a", "a", "b")]
    assert {path.stat().st_mode & 0o777 for path in (made[0].data, made[0].run, made[0].tmp)} == {0o700}
    if not has_session_users():
        assert made[0].uid is None
        return
    assert made[0].uid == made[1].uid != made[2].uid
    assert made[0].uid in SESSION_UIDS
    assert made[2].data.stat().st_uid == made[2].uid


def test_a_profile_for_macos_names_the_paths_it_allows_and_cannot_be_broken_out_of(tmp_path):
    session = SessionDirs.make(tmp_path / "data", tmp_path / "run", tmp_path / "tmp")
    profile = build_profile((str(session.data), 'a") (allow default) ("', str(session.tmp)), [tmp_path / "readable"])
    assert "(deny default)" in profile
    assert f'(subpath "{session.data}")' in profile
    assert f'(subpath "{tmp_path / "readable"}")' in profile
    assert '(subpath "a\\") (allow default) (\\"")' in profile


@pytest.mark.parametrize(
    ("id_map", "expected"),
    [
        ("         0          0 4294967295\n", True),
        ("         0       1000          1\n", False),
        ("         0       1000          1\n         1     100000      65536\n", False),
        ("", False),
    ],
    ids=["the machine's root", "an ordinary user's own", "a container of an ordinary user's", "none yet"],
)
def test_sessions_have_users_of_their_own_where_the_ids_exist(id_map, expected):
    assert covers(id_map, SESSION_UIDS) is expected


def test_root_has_users_for_sessions_and_others_have_not():
    if os.geteuid() != 0:
        assert not has_session_users()
