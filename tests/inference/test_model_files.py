"""A file that cannot be used is named, with what is wrong and what to do, and takes nothing down with it."""

import os
from collections.abc import Callable
from pathlib import Path

import gguf
import pytest

from localassist.errors import ModelLoadFailed
from localassist.inference import probe as probing
from localassist.inference.backend import LlamaBackend
from localassist.inference.options import LlamaOptions
from localassist.inference.probe import check_file, probe
from localassist.inference.remote import WorkerBackend
from tests.models.byte_vocabulary import byte_tokens

ROOMY = LlamaOptions(memory_limit_bytes=10**15)  # how much memory the machine has free is not the subject


def truncated(good: bytes) -> bytes:
    return good[: len(good) // 2]


def cut_in_the_header(good: bytes) -> bytes:
    return good[:3000]


def of_unknown_architecture(good: bytes) -> bytes:
    return good.replace(b"llama", b"xlama")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (lambda good: b"", "is not a GGUF model file: it is empty"),
        (lambda good: os.urandom(5000), "is not a GGUF model file"),
        (lambda good: b"<!DOCTYPE html><html>", "begins with an HTML page"),
        (lambda good: b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (lambda good: b"GGUF" + b"\x09\0\0\0" + bytes(100), "of version 9"),
        (cut_in_the_header, r"cut off or damaged \(the file ends too early\)"),
    ],
)
def test_a_look_at_the_file_is_enough(
    content: Callable[[bytes], bytes], complaint: str, models: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content(models["short"].read_bytes()))
    with pytest.raises(ModelLoadFailed, match=complaint) as caught:
        check_file(path, ROOMY)
    assert str(path) in caught.value.message


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (truncated, "(corrupted or incomplete|cut off or damaged).*Download it again"),
        (of_unknown_architecture, r"cannot be loaded: unknown model architecture: 'xlama'\. Use an instruction"),
    ],
)
@pytest.mark.parametrize("load", [LlamaBackend, WorkerBackend, probe])
def test_loading_tells_what_is_wrong(
    load: Callable[..., object],
    content: Callable[[bytes], bytes],
    complaint: str,
    models: dict[str, Path],
    tmp_path: Path,
) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content(models["short"].read_bytes()))
    with pytest.raises(ModelLoadFailed, match=complaint) as caught:
        load(path, ROOMY)
    assert str(path) in caught.value.message


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadFailed, match=r"There is no model file .*Check the path"):
        check_file(tmp_path / "none.gguf", ROOMY)
    with pytest.raises(ModelLoadFailed, match=r"cannot be read: .*\. Name a GGUF file"):
        check_file(tmp_path, ROOMY)


def test_a_model_too_large_for_the_memory(models: dict[str, Path]) -> None:
    with pytest.raises(ModelLoadFailed, match=r"needs about .* GB .* available. Use a smaller model"):
        check_file(models["short"], LlamaOptions(memory_limit_bytes=1_000_000))


def test_files_in_the_page_cache_count_as_free_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, text in (
        ("memory.max", "1000"),
        ("memory.current", "900"),
        ("memory.stat", "anon 200\nactive_file 300\ninactive_file 350"),
    ):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(probing, "_GROUP", tmp_path)
    assert probing.available_bytes() == 1000 - 900 + 650
    (tmp_path / "memory.max").write_text("max")
    assert probing.available_bytes() > 1000


def test_an_embedding_model_cannot_answer(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "bert.gguf", "bert")
    writer.add_causal_attention(False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(ModelLoadFailed, match="is an embedding model"):
        check_file(tmp_path / "bert.gguf", ROOMY)


def test_a_file_that_kills_the_loader_kills_only_the_probe(models: dict[str, Path], tmp_path: Path) -> None:
    """Two tokens of the same text make llama.cpp abort."""
    good = models["short"].read_bytes()
    name = byte_tokens()[ord("x")].encode()
    twice = good.replace(b"\x01" + bytes(7) + name, b"\x01" + bytes(7) + b"y", 1)
    path = tmp_path / "twice.gguf"
    path.write_bytes(twice)
    with pytest.raises(ModelLoadFailed, match="SIGABRT") as caught:
        probe(path, ROOMY)
    assert str(path) in caught.value.message


def test_a_good_file_passes_and_tells_its_facts(models: dict[str, Path]) -> None:
    assert probe(models["short"], ROOMY).name == "scripted"
    header = check_file(models["random"], ROOMY)
    assert (header.architecture, header.dimension("context_length")) == ("llama", 32_768)
    assert header.kv_bytes_per_token == 2 * 2 * 2 * (32 + 32)
