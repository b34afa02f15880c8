"""Thin owners of llama.cpp's model and context. A model may be read from any thread, a context only from one."""

import ctypes
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from localassist.errors import ModelLoadFailed, NotEnoughMemory
from localassist.inference import native
from localassist.inference.batch import Batch
from localassist.inference.options import DEFAULT_CONTEXT_WINDOW, LlamaOptions, OnProgress
from localassist.inference.vocabulary import Vocabulary, Weights
from localassist.protocols import ModelFacts

_FLASH_ATTENTION = {"auto": -1, "off": 0, "on": 1}
_KV_TYPES = {
    "f32": llama_cpp.GGML_TYPE_F32,
    "f16": llama_cpp.GGML_TYPE_F16,
    "q8_0": llama_cpp.GGML_TYPE_Q8_0,
    "q4_0": llama_cpp.GGML_TYPE_Q4_0,
}
_CACHE_BYTES = 512 * 1024 * 1024
_PARTIAL_STATE = 1  # only what cannot be trimmed: the recurrent part


class Model:
    """The weights and the vocabulary of one GGUF file."""

    def __init__(self, path: Path, options: LlamaOptions, *, on_progress: OnProgress | None = None) -> None:
        native.initialise()
        native.recent_errors.clear()
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = options.gpu_layers
        if on_progress is not None:
            callback = _progress_callback(on_progress)  # kept alive by this name until the file is loaded
            parameters.progress_callback = callback
        self.path = path
        handle = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        if not handle:
            reason = native.last_error() or "llama.cpp gave no reason"
            raise ModelLoadFailed(f"The model file {path} cannot be loaded: {reason}. {_remedy(reason)}")
        self._weights = Weights(handle)
        self.handle = handle
        if not llama_cpp.llama_model_has_decoder(self.handle) or llama_cpp.llama_model_has_encoder(self.handle):
            raise ModelLoadFailed(f"The model file {path} does not generate text. Use an instruction-tuned text model.")
        self.vocabulary = Vocabulary(self._weights)
        self.is_recurrent = bool(
            llama_cpp.llama_model_is_recurrent(self.handle) or llama_cpp.llama_model_is_hybrid(self.handle)
        )
        self.context_window = self._context_window(options.context_window)

    def _context_window(self, wanted: int | None) -> int:
        trained: int = llama_cpp.llama_model_n_ctx_train(self.handle)
        if wanted is None:
            return min(trained, DEFAULT_CONTEXT_WINDOW)
        return wanted

    @property
    def kv_bytes_per_token(self) -> int:
        """Memory one token of context takes, at 16 bit; an estimate from the model's dimensions."""
        handle = self.handle
        heads = max(1, llama_cpp.llama_model_n_head(handle))
        width = llama_cpp.llama_model_n_embd(handle) // heads * llama_cpp.llama_model_n_head_kv(handle)
        return int(max(1, 2 * 2 * width * llama_cpp.llama_model_n_layer(handle)))

    def facts(self) -> ModelFacts:
        """What the file says about itself."""
        metadata = self._metadata()
        vocabulary = self.vocabulary
        return ModelFacts(
            name=metadata.get("general.name") or self.path.stem,
            context_window=self.context_window,
            chat_template=self._value("tokenizer.chat_template"),
            bos_token=vocabulary.text_of(vocabulary.bos_id),
            eos_token=vocabulary.text_of(vocabulary.eos_id),
            special_tokens=vocabulary.markers,
            architecture=metadata.get("general.architecture", ""),
            size_bytes=llama_cpp.llama_model_size(self.handle),
            num_parameters=llama_cpp.llama_model_n_params(self.handle),
            metadata=metadata,
        )

    def _metadata(self) -> dict[str, str]:
        """All single values; lists (the vocabulary) and the template are left out."""
        metadata = {}
        buffer = ctypes.create_string_buffer(512)
        for index in range(llama_cpp.llama_model_meta_count(self.handle)):
            llama_cpp.llama_model_meta_key_by_index(self.handle, index, buffer, 512)
            key = buffer.value.decode("utf-8", "replace")
            if not key.startswith("tokenizer."):
                llama_cpp.llama_model_meta_val_str_by_index(self.handle, index, buffer, 512)
                metadata[key] = buffer.value.decode("utf-8", "replace")
        return metadata

    def _value(self, key: str) -> str | None:
        length = llama_cpp.llama_model_meta_val_str(self.handle, key.encode(), None, 0)
        if length < 0:
            return None
        buffer = ctypes.create_string_buffer(length + 1)
        llama_cpp.llama_model_meta_val_str(self.handle, key.encode(), buffer, length + 1)
        return buffer.value.decode("utf-8", "replace")


def _remedy(reason: str) -> str:
    if "architecture" in reason or "main model" in reason:  # another download would bring the same
        return "Use an instruction-tuned text model, of an architecture that this version of llama.cpp supports."
    return "Download it again, or use a GGUF file that this version of llama.cpp supports."


def _progress_callback(on_progress: OnProgress) -> Any:
    """For llama.cpp, which calls it for every tensor: passes on each whole percent once, and never stops the load."""
    percents = [-1]

    def report(fraction: float, _user_data: object) -> bool:
        if int(fraction * 100) > percents[0]:
            percents[0] = int(fraction * 100)
            on_progress(fraction)
        return True

    return llama_cpp.llama_progress_callback(report)


def _flash_attention(options: LlamaOptions) -> int:
    """llama.cpp's flash attention rounds a cache in f32 to 16 bits, so "auto" is off for that."""
    if options.flash_attention == "auto" and options.kv_type == "f32":
        return _FLASH_ATTENTION["off"]
    return _FLASH_ATTENTION[options.flash_attention]


class DecodeOutcome(Enum):
    """What `llama_decode` did; the values are its return codes."""

    DONE = 0
    NO_ROOM = 1
    ABORTED = 2
    REFUSED = -1


class Context:
    """The computed state of all sequences. `lengths[seq_id]` is how many tokens of it are computed."""

    def __init__(self, model: Model, options: LlamaOptions, *, threads: int) -> None:
        self._vocabulary = model.vocabulary
        self._logits_type = ctypes.c_float * model.vocabulary.size
        self._abort = ctypes.create_string_buffer(b"\0\0")
        num_seq_ids = options.max_sequences + (options.max_residents if not model.is_recurrent else 2)
        self.handle = llama_cpp.llama_init_from_model(
            model.handle, self._parameters(model, options, threads=threads, num_seq_ids=num_seq_ids)
        )
        if not self.handle:
            raise NotEnoughMemory(
                f"The model file {model.path} was read, but there is no memory for a context of "
                f"{model.context_window} tokens ({native.last_error()}). Set a smaller context window."
            )
        self._memory = llama_cpp.llama_get_memory(self.handle)
        self.is_recurrent = model.is_recurrent
        self.num_cells: int = llama_cpp.llama_n_ctx(self.handle)
        self.batch_size: int = llama_cpp.llama_n_batch(self.handle)
        self.lengths = [0] * num_seq_ids
        self.batch = Batch(self.batch_size)

    def _parameters(self, model: Model, options: LlamaOptions, *, threads: int, num_seq_ids: int) -> Any:
        window = model.context_window
        affordable = _CACHE_BYTES // (model.kv_bytes_per_token * window)
        cells = options.cache_tokens or window * min(4, max(1, affordable))
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = max(cells, window)
        parameters.n_batch = parameters.n_ubatch = options.batch_size
        parameters.n_seq_max = num_seq_ids
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = _flash_attention(options)
        parameters.type_k = parameters.type_v = _KV_TYPES[options.kv_type]
        parameters.kv_unified = True  # any sequence may use all cells, and a prefix is shared without a copy
        parameters.swa_full = True  # a sliding-window cache cannot be trimmed, and says it was
        parameters.no_perf = True
        # strlen of the flag is its truth value. A callback in Python would take the interpreter lock at every
        # node of the graph, hundreds of times per token.
        strlen = ctypes.cast(
            ctypes.CDLL(None).strlen if sys.platform != "win32" else ctypes.cdll.msvcrt.strlen,
            llama_cpp.ggml_abort_callback,
        )
        parameters.abort_callback = strlen
        parameters.abort_callback_data = ctypes.addressof(self._abort)
        return parameters

    def decode(self) -> DecodeOutcome:
        """Compute the batch. Unless it is DONE, the caller rewinds its sequences with `keep`."""
        batch = self.batch
        batch.check(vocabulary_size=self._vocabulary.size, num_seq_ids=len(self.lengths), num_positions=self.num_cells)
        batch.native.n_tokens = batch.num_tokens
        code = llama_cpp.llama_decode(self.handle, batch.native)
        if code == 0:
            used = slice(0, batch.num_tokens)
            for seq_id, position in zip(batch.seq_ids[used].tolist(), batch.positions[used].tolist(), strict=True):
                self.lengths[seq_id] = position + 1
        return DecodeOutcome(code if code in (0, 1, 2) else -1)

    def logits(self, row: int) -> NDArray[np.float32]:
        """The scores of the batch's row, one per token of the vocabulary; writing to them changes what is sampled."""
        assert self.batch.wants_logits[row]
        address = ctypes.addressof(llama_cpp.llama_get_logits_ith(self.handle, row).contents)
        return np.frombuffer(memoryview(self._logits_type.from_address(address)), np.float32)

    def keep(self, seq_id: int, length: int) -> bool:
        """Forget all but the first tokens; False when this kind of model cannot, then nothing has changed."""
        if not llama_cpp.llama_memory_seq_rm(self._memory, seq_id, length if length else -1, -1):
            return False
        self.lengths[seq_id] = length
        return True

    def share(self, source: int, target: int, length: int) -> None:
        """Let an empty sequence begin with the first tokens of another. Recurrent models share everything."""
        assert self.lengths[target] == 0
        assert self.lengths[source] >= length
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1 if self.is_recurrent else length)
        self.lengths[target] = self.lengths[source] if self.is_recurrent else length

    def drop(self, seq_id: int) -> None:
        """Forget a sequence."""
        self.keep(seq_id, 0)

    def clear(self) -> None:
        """Forget everything."""
        llama_cpp.llama_memory_clear(self._memory, True)
        self.lengths = [0] * len(self.lengths)

    def checkpoint(self, seq_id: int) -> bytes:
        """The recurrent part of a sequence's state."""
        size = llama_cpp.llama_state_seq_get_size_ext(self.handle, seq_id, _PARTIAL_STATE)
        buffer = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data_ext(self.handle, buffer, size, seq_id, _PARTIAL_STATE)
        return bytes(memoryview(buffer)[:written])

    def restore(self, seq_id: int, state: bytes, length: int) -> bool:
        """Bring a sequence back to a checkpoint taken when it had `length` tokens."""
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        read = llama_cpp.llama_state_seq_set_data_ext(self.handle, buffer, len(state), seq_id, _PARTIAL_STATE)
        return bool(read) and self.keep(seq_id, length)

    def set_threads(self, count: int) -> None:
        """The number of CPU threads for the next decode."""
        llama_cpp.llama_set_n_threads(self.handle, count, count)

    def set_abort(self, abort: bool) -> None:
        """From any thread: stop the decode that is under way (on a CPU), which then ends as ABORTED."""
        self._abort[0] = b"\1" if abort else b"\0"

    def close(self) -> None:
        llama_cpp.llama_free(self.handle)
