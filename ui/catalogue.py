"""What there is to choose from: chapters, models, prompts, methods; names and data, no sentences.

What each is called on the screen stands in `ui/words`, under the same names.
"""

from typing import Literal, get_args

from mla_core.experiments.every_head import kinds
from mla_core.models.hub import LARGE
from mla_core.training.recipe import CONFIGS, FURTHER

Chapter = Literal[
    "side_by_side",
    "every_head",
    "inside_one_head",
    "cache_grows",
    "sharing_heads",
    "latent_compression",
    "absorption",
    "position",
    "deepseeks_scale",
    "speed",
    "claims",
]
CHAPTERS: tuple[Chapter, ...] = get_args(Chapter)

MODELS = ("mini-gpt2", "mini-mla")  # what a new visitor sees
FAMILY = ("mini-mha", "mini-gqa", "mini-mqa", "mini-mla")
TRAINED = tuple(name for name in CONFIGS | FURTHER if name != "mini-gpt2")  # by the same recipe

PAIRS = ("mini", "same", "gpt2", "large")
ORIGINALS = {"same": "mini-gpt2", "gpt2": "gpt2"}  # pairs of a model and its own conversion
# models that the page makes latent, by the pair that is chosen
CONVERTED = {
    "mini": ("mini-gpt2", "mini-mha"),
    "same": ("mini-gpt2",),
    "gpt2": ("gpt2",),
    "large": ("mini-gpt2", "mini-mha"),  # a large one is latent already
}
# models in which a head can be chosen; all conversions of a model share one
HEAD_KEYS = (
    "mini-gpt2",
    "mini-mla",
    "mini-mha",
    "mini-gpt2-mla",
    "mini-mha-mla",
    "gpt2",
    "gpt2-mla",
    *LARGE,
)

# the ready-made prompts; each has a recorded trace under assets/traces
PROMPTS = {
    "flag": "The American flag is red, white, and",
    "capitals": "The capital of Italy is Rome. The capital of France is",
    "story": "Once upon a time, there was a little girl named Lily. Lily had a red",
    "opposites": "The opposite of big is small, and the opposite of fast is",
    "days": "Monday, Tuesday, Wednesday,",
    "friends": "Tom gave the ball to Anna, and then Anna gave the ball to",
}

METHODS = (
    "auto",
    "split",
    "joint",
    "whitened",
    "balanced",
    "head-aware",
    "loss-aware",
)  # of `mla_core.convert.methods`; auto: the best of the last four, layer by layer
RANKS = ("same", "per_layer")
MEASURES = ("moved", "keys", "values")

ORDERS = ("layer", "kind", "effect")
KINDS = kinds.KINDS  # of heads
COMPARES = ("patterns", "difference")
ATTENTIONS = ("MHA", "naive", "absorbed")  # the last two: of a latent, by either path
SHAPES = ("own", "deepseek")

# how a cache is kept -> `storage` of a `Grow`; None: by arithmetic only
LIVE_STORAGES = {"float32": "fp32", "bfloat16": "bf16", "float8": "fp8", "6bit": None}
# the same -> a name of `mla_core.arithmetic.architectures.STORAGES`
STORAGES = {
    "float32": "float32",
    "bfloat16": "bfloat16",
    "float8": "float8",
    "float8_scaled": "float8 with scales",
    "6bit": "6 bits",
}
# GPU -> a name of `mla_core.arithmetic.roofline.GPUS`
GPUS = {
    "H200": "H200",
    "H200_measured": "H200, as measured",
    "H100": "H100",
    "H800": "H800",
    "A100": "A100",
}
WEIGHT_BYTES = {"bfloat16": 2.0, "float8": 1.0, "4bit": 0.5}
R1 = "DeepSeek-V3 / R1"  # a name of `mla_core.arithmetic.architectures.PUBLISHED`
# R1 with another cache: to compare with, never built
COUNTERFACTUALS = ("r1_as_mha", "r1_rebuilt", "r1_as_gqa")
OWN = "own"  # the model whose config.json a reader pasted

SCALE_PARTS = ("memory", "growth", "speed", "heads", "ratios")
SPEED_PARTS = ("steps", "roofline", "shares", "ledger", "whole", "kernel")
RUNS = ("h200", "cpu", "live")
