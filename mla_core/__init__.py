"""Attention and its caches, step by step: MHA, GQA, MQA and DeepSeek's MLA, over real models.

One letter table, used in einsum strings, in jaxtyping signatures and in trailing shape comments:

    b  batch                    h  attention head          c  KV latent (kv_lora_rank)
    s  query position           g  key/value head          q  query latent (q_lora_rank)
    t  key position             n  nope dim of a head      d  model (hidden_size)
    l  layer                    r  rope dim of a head      k  key dim of a head (MLA: n + r)
                                v  value dim of a head     w  vocabulary

Nothing below imports torch until a name that needs it is touched: a page can open a recorded
`Trace`, or count tokens, in milliseconds.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mla_core.arithmetic.accounting import kv_bytes_per_token
    from mla_core.convert import Calibration, convert_to_mla
    from mla_core.engine import Engine
    from mla_core.experiments.side_by_side import Request
    from mla_core.inference.baseline import baseline
    from mla_core.inference.decoder import Decoder, Step
    from mla_core.inference.tracing import trace
    from mla_core.models.checkpoint import load_model, save_model
    from mla_core.models.hub import download
    from mla_core.records.trace import Trace

_HOME = {
    "load_model": "mla_core.models.checkpoint",
    "save_model": "mla_core.models.checkpoint",
    "download": "mla_core.models.hub",
    "convert_to_mla": "mla_core.convert",
    "Calibration": "mla_core.convert",
    "baseline": "mla_core.inference.baseline",
    "trace": "mla_core.inference.tracing",
    "Trace": "mla_core.records.trace",
    "Decoder": "mla_core.inference.decoder",
    "Step": "mla_core.inference.decoder",
    "Engine": "mla_core.engine",
    "Request": "mla_core.experiments.side_by_side",
    "kv_bytes_per_token": "mla_core.arithmetic.accounting",
}

__all__ = [
    "Calibration",
    "Decoder",
    "Engine",
    "Request",
    "Step",
    "Trace",
    "baseline",
    "convert_to_mla",
    "download",
    "kv_bytes_per_token",
    "load_model",
    "save_model",
    "trace",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'mla_core' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
