"""Gives a trained network more attention heads, which are silent at first, so that nothing is unlearnt."""

from __future__ import annotations

from dataclasses import replace

import torch

from model import TinyModel


@torch.no_grad()
def with_heads(model: TinyModel, num_heads: int) -> TinyModel:
    """Return the network with `num_heads` heads in each layer; the new ones look at random and write nothing."""
    grown = TinyModel(replace(model.config, num_heads=num_heads, num_kv_heads=num_heads))
    weights = grown.state_dict()
    for name, trained in model.state_dict().items():
        target = weights[name]
        if target.shape != trained.shape:
            target.zero_() if name.endswith("attn_output.weight") else target.normal_(0.0, trained.std().item())
        target[tuple(slice(length) for length in trained.shape)] = trained
    return grown
