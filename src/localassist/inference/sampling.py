"""From scores to a token: greedy at temperature 0, otherwise llama.cpp's own samplers."""

import math

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from localassist.errors import GenerationFailed
from localassist.inference.llama import Context
from localassist.inference.options import LlamaOptions
from localassist.protocols import GenerationRequest

_RANDOM_SEED = 0xFFFFFFFF


class Sampler:
    """Chooses the tokens of one sequence. Scores of -inf are never chosen."""

    def __init__(self, request: GenerationRequest, options: LlamaOptions) -> None:
        self._chain: object | None = None
        if request.temperature > 0:
            self._chain = _build_chain(request, options)

    def sample(self, context: Context, row: int, logits: NDArray[np.float32]) -> int:
        """The next token by the logits of a row of the batch just decoded, which are given as well."""
        if self._chain is None:
            token_id = int(logits.argmax())
        else:
            token_id = llama_cpp.llama_sampler_sample(self._chain, context.handle, row)
        if not math.isfinite(logits[token_id]):
            raise GenerationFailed(
                "The model computed no usable scores for the next token. Its file may be damaged; download it again."
            )
        return token_id

    def close(self) -> None:
        if self._chain is not None:
            llama_cpp.llama_sampler_free(self._chain)
            self._chain = None

    def __del__(self) -> None:
        self.close()


def _build_chain(request: GenerationRequest, options: LlamaOptions) -> object:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    steps = []
    if options.top_k > 0:
        steps.append(llama_cpp.llama_sampler_init_top_k(options.top_k))
    if options.min_p > 0:
        steps.append(llama_cpp.llama_sampler_init_min_p(options.min_p, 1))
    steps.append(llama_cpp.llama_sampler_init_temp(request.temperature))
    if request.top_p < 1:
        steps.append(llama_cpp.llama_sampler_init_top_p(request.top_p, 1))
    seed = _RANDOM_SEED if request.seed is None else min(request.seed & _RANDOM_SEED, _RANDOM_SEED - 1)
    steps.append(llama_cpp.llama_sampler_init_dist(seed))
    for step in steps:
        llama_cpp.llama_sampler_chain_add(chain, step)
    return chain
