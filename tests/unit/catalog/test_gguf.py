"""The header of a GGUF file is read within bounds, whoever wrote it."""

import struct
from contextlib import suppress
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localassist.catalog.description import describe, facts_of
from localassist.errors import ModelLoadFailed
from localassist.gguf import MAX_TEXT_BYTES, TENSOR_TYPES, read_gguf
from tests.models.scripted import build_scripted, plain


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_scripted(tmp_path_factory.mktemp("gguf") / "hello.gguf", [plain("Hello")])


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def header(*values: bytes, num_tensors: int = 0, num_values: int | None = None, version: int = 3) -> bytes:
    count = len(values) if num_values is None else num_values
    return b"GGUF" + struct.pack("<IQQ", version, num_tensors, count) + b"".join(values)


def test_the_sizes_of_tensor_types_are_those_of_the_gguf_package() -> None:
    known = {int(kind): (kind.name, *sizes) for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
    assert dict(TENSOR_TYPES) == {number: known[number] for number in TENSOR_TYPES}


def test_values_lists_and_tensors_are_read(model: Path) -> None:
    file = read_gguf(model)
    assert file.text("general.architecture") == "llama"
    assert file.number("llama.context_length") == 8192
    tokens = file.texts("tokenizer.ggml.tokens")
    assert "Hello" in tokens
    assert len(file.numbers("tokenizer.ggml.token_type")) == len(tokens)
    assert {tensor.name for tensor in file.tensors} >= {"token_embd.weight", "output.weight"}


def test_what_is_not_there_is_none_or_empty(model: Path) -> None:
    file = read_gguf(model)
    assert file.text("no.such.key") is None
    assert file.number("general.architecture") is None
    assert file.texts("tokenizer.ggml.token_type") == []
    assert file.numbers("tokenizer.ggml.tokens") == []


def test_a_model_is_described(model: Path) -> None:
    about = describe(model)
    assert (about.architecture, about.quantization, about.context_length) == ("llama", "F32", 8192)
    assert about.size_bytes == model.stat().st_size
    assert about.memory_bytes() > about.size_bytes + 8192 * about.kv_bytes_per_token
    assert about.bytes_per_token < about.size_bytes
    assert not about.is_embedding


def test_the_facts_are_those_of_the_loaded_model(model: Path) -> None:
    facts = facts_of(model)
    assert facts.eos_token == "<|im_end|>"
    assert {"<|im_start|>", "<|im_end|>"} <= facts.special_tokens


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (b"<!doctype html>", "HTML page"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
        (b"PK\x03\x04zip", "not a GGUF"),
        (header(version=1), "version 1"),
        (header(num_values=2**63), "damaged"),
        (header(num_tensors=2**63), "damaged"),
        (header(text(b"key") + struct.pack("<I", 99)), "unknown kind 99"),
        (header(struct.pack("<Q", 2**40) + b"key"), "damaged"),
        (header(text(b"key") + struct.pack("<IQ", 8, MAX_TEXT_BYTES + 1)), "damaged"),
        (header(text(b"key") + struct.pack("<IIQ", 9, 9, 1)), "unknown kind 9"),
        (header(text(b"key") + struct.pack("<IIQ", 9, 0, 2**62)), "damaged"),
        (header(text(b"key") + struct.pack("<IIQ", 9, 0, 1000)), "ends too early"),
        (header(num_tensors=1), "ends too early"),
        (header(text(b"w") + struct.pack("<I", 5), num_tensors=1, num_values=0), "damaged"),
        (
            header(text(b"w") + struct.pack("<IQIQ", 1, 10**6, 0, 0), num_tensors=1, num_values=0),
            "behind the end of the file",
        ),
        (
            header(text(b"w") + struct.pack("<IQQIQ", 2, 2**63, 2**63, 0, 0), num_tensors=1, num_values=0),
            "behind the end of the file",
        ),
    ],
)
def test_a_damaged_file_is_reported_by_name(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelLoadFailed) as caught:
        read_gguf(path)
    assert told in caught.value.message
    assert str(path) in caught.value.message


def test_a_missing_file_and_a_folder_are_reported(tmp_path: Path) -> None:
    for path in (tmp_path / "none.gguf", tmp_path):
        with pytest.raises(ModelLoadFailed, match=str(path)):
            read_gguf(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_that_is_changed_or_cut_off_is_read_or_refused(model: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(model.read_bytes()[:20_000])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed.gguf"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(ModelLoadFailed):
        describe(path)


def test_texts_together_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "long.gguf"
    with path.open("wb") as file:
        file.write(header(num_values=5))
        for number in range(5):
            file.write(text(b"key%d" % number) + struct.pack("<IQ", 8, MAX_TEXT_BYTES))
            file.seek(MAX_TEXT_BYTES, 1)
        file.truncate()
    with pytest.raises(ModelLoadFailed, match="damaged"):
        read_gguf(path)


def test_a_split_model_is_one_model(model: Path, tmp_path: Path) -> None:
    first = tmp_path / "big-00001-of-00002.gguf"
    first.write_bytes(model.read_bytes())
    with pytest.raises(ModelLoadFailed, match="big-00002-of-00002"):
        describe(first)
    (tmp_path / "big-00002-of-00002.gguf").write_bytes(model.read_bytes())
    assert describe(first).size_bytes == 2 * model.stat().st_size


def expert_model(path: Path) -> Path:
    import numpy as np

    writer = gguf.GGUFWriter(path, "qwen3moe")
    writer.add_uint32("qwen3moe.expert_count", 8)
    writer.add_uint32("qwen3moe.expert_used_count", 2)
    writer.add_tensor("token_embd.weight", np.zeros((10, 32), np.float32))
    writer.add_tensor("output.weight", np.zeros((10, 32), np.float32))
    writer.add_tensor("blk.0.ffn_up_exps.weight", np.zeros((8, 16, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_of_experts_only_those_count_that_are_used(tmp_path: Path) -> None:
    about = describe(expert_model(tmp_path / "experts.gguf"))
    assert about.num_parameters == 10 * 32 * 2 + 8 * 16 * 32
    assert about.bytes_per_token == 4 * (10 * 32 + 2 * 16 * 32)
