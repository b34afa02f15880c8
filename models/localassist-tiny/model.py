"""The network: a small Llama-architecture decoder whose weights llama.cpp runs as they are.

RoPE rotates neighbouring pairs of a head's values, as llama.cpp does for this architecture, so nothing is permuted
on export. Only the first pairs turn; for the others the exported frequency factors make the angle vanish, so that
what a head looks for is found at any distance. Embeddings are tied: the output matrix is the token table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attention import DocumentAttention

_SLOWEST_ROTATION: Final = 1e-3
_NO_ROTATION: Final = 1e12


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The shape of the network; `context_length` is what the exported file promises."""

    vocab_size: int
    embedding_length: int = 192
    num_layers: int = 5
    num_heads: int = 4
    num_kv_heads: int = 4
    head_length: int = 64
    feed_forward_length: int = 512
    num_rotary_pairs: int = 8
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5
    context_length: int = 8192

    @property
    def still_length(self) -> int:
        """How many of a head's values do not turn with the position."""
        return self.head_length - 2 * self.num_rotary_pairs

    def to_dict(self) -> dict[str, float]:
        """Return the fields by name, for a checkpoint."""
        return asdict(self)


class Layout(NamedTuple):
    """How documents lie one behind another in a row of tokens, and which of the tokens the caller wants (None: all)."""

    lengths: list[int]
    wanted: Tensor | None = None


class Head(NamedTuple):
    """One head of one layer."""

    layer: int
    number: int


class Block(nn.Module):
    """One layer: grouped-query attention, then a gated feed-forward network, each on a normalised residual."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width = config.embedding_length
        heads_width, kv_width = config.num_heads * config.head_length, config.num_kv_heads * config.head_length
        self.attn_norm = nn.RMSNorm(width, config.norm_epsilon)
        self.attn_q = nn.Linear(width, heads_width, bias=False)
        self.attn_k = nn.Linear(width, kv_width, bias=False)
        self.attn_v = nn.Linear(width, kv_width, bias=False)
        self.attn_output = nn.Linear(heads_width, width, bias=False)
        self.ffn_norm = nn.RMSNorm(width, config.norm_epsilon)
        self.ffn_gate = nn.Linear(width, config.feed_forward_length, bias=False)
        self.ffn_up = nn.Linear(width, config.feed_forward_length, bias=False)
        self.ffn_down = nn.Linear(config.feed_forward_length, width, bias=False)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], layout: Layout) -> Tensor:
        """Map `x` (tokens, width) to the same shape, or to `layout.wanted` rows of it when the layout names some."""
        h = self.attn_norm(x)
        q, k = (rotate(self._heads(part), rotation) for part in self._queries_and_keys(h, slice(None)))
        v = self._heads(self.attn_v(h))
        repeats = self.config.num_heads // self.config.num_kv_heads
        if repeats > 1:
            k, v = k.repeat_interleave(repeats, 0), v.repeat_interleave(repeats, 0)
        attended = DocumentAttention.apply(q, k, v, layout.lengths).transpose(0, 1).flatten(1)
        if layout.wanted is not None:
            x, attended = x[layout.wanted], attended[layout.wanted]
        x = x + self.attn_output(attended)
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))

    def look(self, x: Tensor, rotation: tuple[Tensor, Tensor], number: int) -> tuple[Tensor, Tensor]:
        """Return queries and keys (tokens, head length) of one head alone."""
        h = self.attn_norm(x)
        size = self.config.head_length
        rows = slice(number * size, (number + 1) * size)
        q, k = self._queries_and_keys(h, rows)
        return rotate(q[None], rotation)[0], rotate(k[None], rotation)[0]

    def _queries_and_keys(self, h: Tensor, rows: slice) -> tuple[Tensor, Tensor]:
        """Return them (both: tokens, rows) in 32 bits even where the rest is not, see `attention.py`."""
        with torch.autocast(h.device.type, enabled=False):
            q, k = (F.linear(h.float(), projection.weight[rows]) for projection in (self.attn_q, self.attn_k))
        return q, k

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (-1, self.config.head_length)).transpose(0, 1)


class TinyModel(nn.Module):
    """The decoder; `forward` returns hidden states so that the caller computes logits only where it needs them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.vocab_size, config.embedding_length)
        self.blk = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.output_norm = nn.RMSNorm(config.embedding_length, config.norm_epsilon)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                # Layers that write into the residual start smaller, so depth does not inflate it.
                is_residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(parameter, 0.0, 0.02 / (2 * config.num_layers) ** 0.5 if is_residual else 0.02)

    def forward(self, token_ids: Tensor, positions: Tensor, layout: Layout) -> Tensor:
        """Return normalised hidden states (wanted tokens, width) for ids at `positions` (both: tokens)."""
        return self.watched(token_ids, positions, layout, ())[0]

    def watched(
        self, token_ids: Tensor, positions: Tensor, layout: Layout, heads: Sequence[Head]
    ) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Return what `forward` does, and the queries and keys (both: tokens, head length) of some heads."""
        cosine, sine = (
            part[0, 0, :, : self.config.num_rotary_pairs] for part in rotations(positions[None], self.config)
        )
        x = self.token_embd(token_ids)
        inputs = []
        for block in self.blk:
            inputs.append(x)
            # Nothing reads the last layer but the output, so it is worked out only where that is wanted.
            is_last = block is self.blk[-1]
            x = block(x, (cosine, sine), layout if is_last else Layout(layout.lengths))
        looks = [self.blk[head.layer].look(inputs[head.layer], (cosine, sine), head.number) for head in heads]
        return self.output_norm(x), looks

    def logits(self, hidden: Tensor) -> Tensor:
        """Score every token of the vocabulary for each hidden state."""
        return F.linear(hidden, self.token_embd.weight)


def frequency_factors(config: ModelConfig) -> Tensor:
    """Return what the standard RoPE frequencies are divided by, one factor for each pair of a head's values."""
    pairs = torch.arange(config.head_length // 2, dtype=torch.float64)
    standard = config.rope_base ** (-2 * pairs / config.head_length)
    wanted = _SLOWEST_ROTATION ** (pairs / (config.num_rotary_pairs - 1))
    factors = torch.where(pairs < config.num_rotary_pairs, standard / wanted, torch.full_like(pairs, _NO_ROTATION))
    return factors.float()


def rotations(positions: Tensor, config: ModelConfig) -> tuple[Tensor, Tensor]:
    """Return cosines and sines (batch, 1, length, half a head) for RoPE."""
    pairs = torch.arange(config.head_length // 2, dtype=torch.float32)
    frequencies = config.rope_base ** (-2 * pairs / config.head_length) / frequency_factors(config)
    angles = positions[:, None, :, None].float() * frequencies.to(positions.device)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Apply RoPE to the first neighbouring pairs of `x` (heads, tokens, head length); the others do not turn."""
    cosine, sine = (part.to(x.dtype) for part in rotation)
    turned, still = x.split((2 * cosine.shape[-1], x.shape[-1] - 2 * cosine.shape[-1]), -1)
    even, odd = turned[..., 0::2], turned[..., 1::2]
    turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), -1).flatten(-2)
    return torch.cat((turned, still), -1)
