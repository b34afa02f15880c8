import os
import tempfile
from pathlib import Path

import pytest

from localassist.interpreter.sandbox import trees


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    return root


def nest(root, levels):
    """Directories within each other, further than a path can name."""
    descriptor = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("directory-with-a-long-name", dir_fd=descriptor)
        below = os.open("directory-with-a-long-name", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    with open(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor), "w") as file:
        file.write("at the bottom")
    os.close(descriptor)


def test_everything_in_a_tree_is_counted_by_what_it_takes_up(root):
    (root / "below").mkdir()
    (root / "below" / "file").write_bytes(bytes(100_000))
    os.truncate(os.open(root / "sparse", os.O_CREAT | os.O_WRONLY), 10**9)
    os.mkfifo(root / "fifo")
    use = trees.measure(root, most_files=100)
    assert use.num_files == 4
    assert use.num_levels == 2
    assert 100_000 <= use.size_bytes < 200_000


def test_links_are_counted_and_not_followed(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(bytes(1_000_000))
    (root / "link").symlink_to(outside)
    (root / "loop").symlink_to(root)
    use = trees.measure(root, most_files=100)
    assert use.num_files == 2
    assert use.size_bytes < 100_000


def test_counting_ends_where_more_does_not_matter(root):
    for number in range(50):
        (root / str(number)).touch()
    assert trees.measure(root, most_files=10).num_files == 11


def test_a_tree_that_is_gone_takes_up_nothing(root):
    assert trees.measure(root / "gone", most_files=10) == (0, 0, 0)


def test_locked_directories_are_looked_into(root):
    locked = root / "locked"
    locked.mkdir()
    (locked / "file").write_bytes(bytes(100_000))
    locked.chmod(0)
    assert trees.measure(root, most_files=10).size_bytes >= 100_000


def test_deep_trees_are_measured_to_one_level_too_many_and_deleted_whole(root):
    nest(root, 1500)
    assert trees.measure(root, most_files=10_000).num_levels == trees.MOST_LEVELS + 1
    trees.delete(root)
    assert not root.exists()


def test_deleting_follows_no_link_and_is_not_confused_by_names(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (root / "link").symlink_to(outside)
    for name in ("1.moved", "2.moved"):
        (root / name / "1.moved" / "2.moved").mkdir(parents=True)
        (root / name / "1.moved" / "file").touch()
    (root / os.fsdecode(b"not-\xff-text")).mkdir()
    trees.delete(root)
    assert not root.exists()
    assert (outside / "kept").exists()


def test_trimming_deletes_the_newest_until_all_keeps_within_limits(root):
    for number in range(4):
        (root / f"{number}").write_bytes(bytes(100_000))
        os.utime(root / f"{number}", (0, 0))  # which code may set at will
    changed = sorted(root.iterdir(), key=lambda path: (path.lstat().st_ctime_ns, path.name))
    assert trees.trim(root, most_bytes=250_000, most_files=100) == [changed[3].name, changed[2].name]
    assert sorted(root.iterdir()) == sorted(changed[:2])
    assert trees.trim(root, most_bytes=250_000, most_files=100) == []


def test_trimming_deletes_what_is_too_many_or_too_deep(root, tmp_path):
    (root / "kept").touch()
    nest(root, trees.MOST_LEVELS + 1)
    assert trees.trim(root, most_bytes=1 << 30, most_files=1000) == ["directory-with-a-long-name"]
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").touch()
    (root / "link").symlink_to(tmp_path / "outside")
    many = root / "many"
    many.mkdir()
    for number in range(20):
        (many / str(number)).touch()
    assert trees.trim(root, most_bytes=1 << 30, most_files=10) == ["many"]
    assert {path.name for path in root.iterdir()} == {"kept", "link"}
    assert (tmp_path / "outside" / "file").exists()


def test_deleting_what_is_gone_is_no_error(root):
    trees.delete(root / "gone")


@pytest.mark.skipif(os.geteuid() != 0, reason="not run: only root can give files away")
def test_owners_are_changed_of_links_themselves(root, tmp_path):
    outside = tmp_path / "outside"
    outside.touch()
    (root / "below").mkdir()
    (root / "below" / "link").symlink_to(outside)
    trees.change_owner(root, 12345)
    assert [path.lstat().st_uid for path in (root, root / "below", root / "below" / "link")] == [12345] * 3
    assert Path(outside).stat().st_uid == os.geteuid()


def test_a_directory_locked_while_it_is_read_is_read_on():
    """As its owner, who is not root, for whom locks are nothing."""
    nobody = 65534
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "root"
        (root / "one").mkdir(parents=True)
        (root / "two").mkdir()
        is_root = os.geteuid() == 0
        if is_root:
            os.chmod(place, 0o755)
            for path in (root, root / "one", root / "two"):
                os.chown(path, nobody, nobody)
            os.seteuid(nobody)
        try:
            entries = trees.walk(root)
            names = {next(entries).name}
            root.chmod(0)
            names |= {entry.name for entry in entries}
            root.chmod(0)
            assert trees.measure(root, most_files=10).num_files == 2
        finally:
            if is_root:
                os.seteuid(0)
    assert names == {"one", "two"}


def test_a_tree_that_changes_while_it_is_deleted_is_an_error_of_the_system(root, monkeypatch):
    (root / "below").mkdir()
    monkeypatch.setattr("os.open", vanishing(root / "below"))
    with pytest.raises(FileNotFoundError):
        trees.delete(root)


def vanishing(path):
    """`os.open` as it is where somebody else deletes the directory first."""
    opened = os.open

    def open_after(name, *arguments, **options):
        if name == path.name:
            path.rmdir()
        return opened(name, *arguments, **options)

    return open_after
