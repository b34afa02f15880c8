"""GGUF files with hand-made weights that answer by a script: real llama.cpp, known output, one megabyte, no training.

A one-layer llama. Embeddings are one-hot, the output matrix is a table of "after this chunk comes that one", and one
attention head sees whether a marker is anywhere in the context, which selects the branch. A branch is a list of
chunks; each chunk is one token. A chunk that occurs again in its branch would restart the chain there, so a branch
whose last chunk repeats an earlier one is an endless loop: see `endless`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from tests.models.byte_vocabulary import byte_tokens

HEAD_SIZE = 64
GAIN = 1.5

CHATML = (
    "{%- if tools %}{{ '<|im_start|>system\n' }}"
    "{%- if messages[0].role == 'system' %}{{ messages[0].content + '\n\n' }}{%- endif %}"
    "{{ '# Tools\n<tools>' }}{%- for tool in tools %}{{ '\n' }}{{ tool | tojson }}{%- endfor %}"
    "{{ '\n</tools>\nAnswer with <tool_call> to call one.<|im_end|>\n' }}{%- endif %}"
    "{%- for m in messages %}{%- if not (loop.first and tools and m.role == 'system') %}"
    "{%- if m.role == 'tool' %}"
    "{{ '<|im_start|>user\n<tool_response>\n' + m.content + '\n</tool_response><|im_end|>\n' }}"
    "{%- else %}{{ '<|im_start|>' + m.role + '\n' + (m.content or '') }}"
    "{%- for call in (m.tool_calls or []) %}{{ '' if loop.first else '\n' }}"
    '{{ \'<tool_call>\n{"name": "\' + call.function.name + \'", "arguments": \' }}'
    "{{ call.function.arguments | tojson }}{{ '}\n</tool_call>' }}"
    "{%- endfor %}{{ '<|im_end|>\n' }}{%- endif %}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{%- endif %}"
)


@dataclass(frozen=True, slots=True)
class Branch:
    """What is answered, token by token; `marker` is the token in the context that selects it, None for the default.

    With `loop_to` the chunk of that index follows the last one, for ever.
    """

    chunks: tuple[str, ...]
    marker: str | None = None
    loop_to: int | None = None


def calls(*functions: tuple[str, dict[str, Any]], text: str = "", marker: str | None = None) -> Branch:
    """A branch that calls functions, after `text` if any.

    The chunks end where a grammar stops forcing text, so that forced text is read as the same tokens. The calls must
    differ in name or first argument. With `special_calls` there can be only one.
    """
    chunks = [text] if text else []
    for index, (name, arguments) in enumerate(functions):
        written = json.dumps(arguments, ensure_ascii=False)
        head = re.match(r'\{"[^"]*": \[?"?|\{', written)
        assert head is not None
        chunks.append(("\n" if index else "") + '<tool_call>\n{"name": "')
        chunks.append(f'{name}", "arguments": {head[0]}')
        chunks.append(written[head.end() :] + "}\n</tool_call>")
    return Branch(tuple(chunks), marker)


WEATHER_CALL = calls(("get_weather", {"city": "Paris"}))
WEATHER_ANSWER = Branch(("The weather", " in Paris", " is ☀ sunny."), marker="<tool_response>")
TWO_CALLS = calls(("get_weather", {"city": "Paris"}), ("get_time", {"zone": "Asia/Seoul"}))
KOREAN = Branch(("안녕하세요", "! 저는", " 로컬", " 조수", "입니다 🙂", "."))


def plain(*chunks: str, marker: str | None = None) -> Branch:
    """A branch that answers these chunks and stops."""
    return Branch(chunks, marker)


def endless(*chunks: str, marker: str | None = None) -> Branch:
    """A branch that says the chunks over and over."""
    return Branch(chunks, marker, loop_to=0)


def split_bytes(text: str) -> tuple[str, ...]:
    """Chunks that are single bytes of the text, so that characters arrive in pieces. No byte may occur twice."""
    return tuple(chr(0xE000 + byte) for byte in text.encode())


class _Vocabulary:
    """Byte tokens, control tokens, then one token for each marker and chunk."""

    def __init__(self) -> None:
        self._bytes = byte_tokens()
        self.texts = list(self._bytes)
        self.types = [gguf.TokenType.NORMAL] * 256
        self._ids: dict[str, int] = {}

    def add(self, text: str, kind: gguf.TokenType) -> int:
        if text not in self._ids:
            self._ids[text] = len(self.texts)
            self.texts.append(text)
            self.types.append(kind)
        return self._ids[text]

    def chunk(self, text: str) -> int:
        """The id of a chunk; the private characters of `split_bytes` are the byte tokens themselves."""
        if len(text) == 1 and 0xE000 <= ord(text) < 0xE100:
            return ord(text) - 0xE000
        if text in self._bytes:  # a text may be only one token
            if not text.isascii():
                raise ValueError(f"{text!r} alone cannot be a chunk; join it to its neighbour")
            return self._bytes.index(text)
        return self.add(text, gguf.TokenType.USER_DEFINED)


def build_scripted(
    path: Path,
    branches: Sequence[Branch],
    *,
    template: str | None = CHATML,
    context_length: int = 8192,
    special_calls: bool = False,
) -> Path:
    """Write a scripted GGUF and return its path. The first branch is the default.

    With `special_calls` the texts `<tool_call>` and `</tool_call>` are tokens of their own, as in Qwen.
    """
    vocabulary = _Vocabulary()
    start = vocabulary.add("<|im_start|>assistant\n", gguf.TokenType.CONTROL)
    vocabulary.add("<|im_start|>", gguf.TokenType.CONTROL)
    end = vocabulary.add("<|im_end|>", gguf.TokenType.CONTROL)
    if special_calls:
        vocabulary.add("<tool_call>", gguf.TokenType.USER_DEFINED)
        vocabulary.add("</tool_call>", gguf.TokenType.USER_DEFINED)
    markers = [b.marker and vocabulary.add(b.marker, gguf.TokenType.USER_DEFINED) for b in branches]
    if special_calls:
        branches = [_with_special_markers(branch) for branch in branches]
    chains = [[vocabulary.chunk(text) for text in branch.chunks] for branch in branches]
    writer = gguf.GGUFWriter(path, "llama")
    size = len(vocabulary.texts)
    width = size + len(branches)
    width += -width % 32
    _write_metadata(writer, vocabulary, end, width=width, context_length=context_length, template=template)
    output = np.zeros((size, width), np.float32)
    output[end, :size] = GAIN
    for index, (branch, chain) in enumerate(zip(branches, chains, strict=True)):
        _write_chain(output, branch, [start, *chain, end], is_default=index == 0)
        if markers[index] is not None:
            output[chain[0], size + index] = 0.6 * GAIN
    output[end, start] = 0
    _write_tensors(writer, output, [m if m is not None else None for m in markers], width=width, size=size)
    return path


def _with_special_markers(branch: Branch) -> Branch:
    """The branch with the call's markers as chunks of their own."""
    parts = [part for text in branch.chunks for part in re.split("(</?tool_call>)", text) if part]
    return replace(branch, chunks=tuple(parts))


def _write_chain(output: np.ndarray, branch: Branch, chain: list[int], *, is_default: bool) -> None:
    start, end = chain[0], chain[-1]
    for before, after in pairwise(chain):
        if before != start:
            output[end, before] = 0
        output[after, before] = GAIN if is_default or before != start else GAIN * 0.8
    if branch.loop_to is not None:
        last = chain[-2]
        output[end, last] = 0
        output[chain[1 + branch.loop_to], last] = GAIN


def _write_metadata(
    writer: gguf.GGUFWriter,
    vocabulary: _Vocabulary,
    end: int,
    *,
    width: int,
    context_length: int,
    template: str | None,
) -> None:
    writer.add_name("scripted")
    writer.add_context_length(context_length)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_key_length(HEAD_SIZE)
    writer.add_value_length(HEAD_SIZE)
    writer.add_rope_dimension_count(HEAD_SIZE)
    writer.add_rope_freq_base(1e9)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(len(vocabulary.texts))
    writer.add_file_type(0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(vocabulary.texts)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(end)
    writer.add_bos_token_id(end)
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)


def _write_tensors(
    writer: gguf.GGUFWriter, output: np.ndarray, markers: list[int | None], *, width: int, size: int
) -> None:
    """The head: every token asks, markers answer loudly, and what they answer is added behind the one-hot part."""
    norm = np.sqrt(width)
    loudness = np.sqrt(40 * np.sqrt(HEAD_SIZE)) / norm
    embedding = np.zeros((size, width), np.float32)
    embedding[np.arange(size), np.arange(size)] = 1
    query, key, value = (np.zeros((HEAD_SIZE, width), np.float32) for _ in range(3))
    result = np.zeros((width, HEAD_SIZE), np.float32)
    query[HEAD_SIZE - 2, :size] = loudness
    for index, marker in enumerate(markers):
        if marker is not None:
            key[HEAD_SIZE - 2, marker] = loudness
            value[index, marker] = 1 / norm
            result[size + index, index] = 1.0
    ones = np.ones(width, np.float32)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", ones)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("blk.0.attn_norm.weight", ones)
    writer.add_tensor("blk.0.ffn_norm.weight", ones)
    small = np.zeros((32, width), np.float32)
    for name, tensor in (("attn_q", query), ("attn_k", key), ("attn_v", value), ("attn_output", result)):
        writer.add_tensor(f"blk.0.{name}.weight", tensor)
    for name, tensor in (("ffn_gate", small), ("ffn_up", small), ("ffn_down", np.zeros((width, 32), np.float32))):
        writer.add_tensor(f"blk.0.{name}.weight", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
