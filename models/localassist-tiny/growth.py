"""Deepens a trained network without changing what it computes at first.

Some layers are followed by a copy of themselves that writes nothing yet: what it reads is sensible from the first step,
and what it writes is learned. From 44 million tokens on, a deeper network gains more from a token than this one does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import torch

from model import TinyModel

_WRITING: Final = ("attn_output.weight", "ffn_down.weight")


@torch.no_grad()
def deepen(model: TinyModel, doubled: Collection[int]) -> TinyModel:
    """Return a network in which each layer of `doubled` is followed by a silent copy of itself."""
    layers = [(layer, False) for layer in range(model.config.num_layers)]
    layers = sorted(layers + [(layer, True) for layer in doubled])
    deeper = TinyModel(replace(model.config, num_layers=len(layers)))
    weights = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("blk.")}
    for number, (layer, is_silent) in enumerate(layers):
        for name, tensor in model.blk[layer].state_dict().items():
            silent = is_silent and name in _WRITING
            weights[f"blk.{number}.{name}"] = torch.zeros_like(tensor) if silent else tensor
    deeper.load_state_dict(weights)
    return deeper
