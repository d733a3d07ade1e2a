"""The one schema of links: everything that a reader can set, declared once.

The link reads it, widgets and components take their ranges, choices and defaults from it
(`View.gpus.high`), and the tests try each parameter on each of its pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mla_core.arithmetic.architectures import PUBLISHED
from mla_core.arithmetic.claims import CLAIMS
from mla_core.models.chat import SUFFIX
from mla_core.models.hub import LARGE
from ui import catalogue
from ui.catalogue import Chapter
from ui.state.kinds import Choice, Flag, Integer, Number, Pair, Parameter, Text

MAX_CHARACTERS = 20_000  # of a text: more are over the limit of tokens whatever they say
MAX_TOKENS = 128  # of a prompt, with its start token; both patterns stay legible
LARGE_TOKENS = 64  # of a large model: a thousand heads at once stay legible, and in memory

SIZED: tuple[Chapter, ...] = (  # models can be chosen, and so the size of a latent
    "side_by_side", "every_head", "inside_one_head", "cache_grows", "latent_compression",
    "absorption", "position",
)  # fmt: skip
PROMPTED: tuple[Chapter, ...] = (*SIZED, "sharing_heads")
DRAWN: tuple[Chapter, ...] = ("side_by_side", "cache_grows")  # a text goes on
PATTERNS: tuple[Chapter, ...] = ("side_by_side", "every_head", "inside_one_head", "position")

COMPARED = (*PUBLISHED, *catalogue.COUNTERFACTUALS, catalogue.OWN)
COMPARED_BEFORE = {
    f"{catalogue.R1} as plain MHA (never built)": "r1_as_mha",
    f"{catalogue.R1}, keys and values kept (never done)": "r1_rebuilt",
    f"{catalogue.R1} with 8 KV heads (never built)": "r1_as_gqa",
    "your config.json": catalogue.OWN,
}
LIVE_BEFORE = {"fp32": "float32", "bf16": "bfloat16", "fp8": "float8"}
GPUS_BEFORE = {"H200, as measured": "H200_measured"}
STORAGES_BEFORE = {name: today for today, name in catalogue.STORAGES.items() if name != today}

# one for each model: "5.2" is layer 5, head 2
HEADS = {name: Pair(name, default=None, chapters=SIZED) for name in catalogue.HEAD_KEYS}


def _input(name: str) -> Integer[None] | Number[None]:
    """What a claim is made of; a whole number where its sources have one."""
    kinds = {type(claim.inputs[name]) for claim in CLAIMS.values() if name in claim.inputs}
    kind = Integer if kinds == {int} else Number
    return kind(name, 0, 10**9, default=None, chapters=("claims",))


# each None: as the sources of the claim have it
INPUTS = {name: _input(name) for claim in CLAIMS.values() for name in claim.inputs}


@dataclass(frozen=True)
class View:
    """What a link says to one chapter.

    A view has the parameters that are declared for its chapter, each as a typed attribute; of the
    class itself the same attribute is the parameter, with its range, choices and default.
    """

    chapter: Chapter
    query: Mapping[str, str]

    # the text and its models
    prompt = Text("prompt", MAX_CHARACTERS, default=catalogue.PROMPTS["flag"], chapters=PROMPTED)
    pair = Choice("pair", catalogue.PAIRS, default="mini", chapters=PROMPTED)
    large = Choice("large", tuple(LARGE), default=next(iter(LARGE)), chapters=PROMPTED)
    chat = Flag("chat", "on", "off", default=False, chapters=PROMPTED)

    # how a model is made latent
    original = Choice(
        "converted", ("mini-gpt2", "mini-mha", "gpt2"), default=None, aliases=("model",),
        chapters=("latent_compression",),
    )  # fmt: skip
    rank = Integer("rank", 1, 1600, default=None, chapters=SIZED)  # the width of the largest GPT-2
    method = Choice("method", catalogue.METHODS, default="auto", chapters=SIZED)
    ranks = Choice(
        "ranks", catalogue.RANKS, default="same", aliases=("spread",), chapters=SIZED,
        before={"layerwise": "per_layer"},
    )  # fmt: skip
    measure = Choice(
        "measure", catalogue.MEASURES, default="moved", chapters=("latent_compression",)
    )

    # where a text goes on
    step = Integer("step", 0, 10_000, default=None, chapters=DRAWN)
    temperature = Number("temperature", 0.0, 2.0, default=0.0, chapters=DRAWN)
    seed = Integer("seed", 0, 2**31, default=0, chapters=DRAWN)
    continuation = Choice(
        "continuation", ("own", *catalogue.HEAD_KEYS), default="own", aliases=("lead",),
        chapters=("side_by_side",),
    )  # fmt: skip
    top_k = Integer("top_k", 1, 10**9, default=None, chapters=("cache_grows",))  # None: all
    cached = Flag("cache", "on", "off", default=True, chapters=("cache_grows",))
    forget = Integer("forget", 0, MAX_TOKENS, default=0, chapters=("cache_grows",))  # oldest tokens
    cache_dtype = Choice(
        "cache_dtype", tuple(catalogue.LIVE_STORAGES), default="float32", aliases=("storage",),
        before=LIVE_BEFORE, chapters=("cache_grows",),
    )  # fmt: skip

    # heads
    first_token = Flag(
        "first_token", "shown", "hidden", default=True, aliases=("sink",), chapters=PATTERNS
    )
    order = Choice("order", catalogue.ORDERS, default="layer", chapters=("every_head",))
    kind = Choice("kind", ("all", *catalogue.KINDS), default="all", chapters=("every_head",))
    compare = Choice("compare", catalogue.COMPARES, default="patterns", chapters=("every_head",))
    layer = Integer("layer", 0, 999, default=None, chapters=("every_head", "sharing_heads"))
    attention = Choice(
        "attention",
        catalogue.ATTENTIONS,
        default="MHA",
        chapters=("inside_one_head",),
        before={"MLA": "naive"},
    )
    query_token = Integer("query", 0, MAX_TOKENS, default=None, chapters=("inside_one_head",))
    stage = Integer("stage", 0, 99, default=0, chapters=("inside_one_head",))
    biases = Flag("biases", "shown", "hidden", default=True, chapters=("inside_one_head",))
    point = Choice("point", catalogue.TRAINED, default="mini-mla", chapters=("sharing_heads",))

    # Absorption, Position
    absorption_context = Integer("context", 1, 2**17, default=None, chapters=("absorption",))
    key = Integer("key", 0, MAX_TOKENS, default=None, chapters=("absorption",))  # a token
    shape = Choice("shape", catalogue.SHAPES, default="own", chapters=("absorption",))
    shift = Integer("shift", 0, 400, default=0, chapters=("position",))
    positions = Flag("positions", "on", "off", default=True, chapters=("position",))

    # At DeepSeek's scale; bandwidth in GB/s, tflops in TFLOP/s, None: those of the GPU
    scale_part = Choice(
        "part", catalogue.SCALE_PARTS, default="memory", chapters=("deepseeks_scale",)
    )
    first = Choice(
        "first",
        COMPARED,
        default=catalogue.R1,
        before=COMPARED_BEFORE,
        chapters=("deepseeks_scale",),
    )
    second = Choice(
        "second", COMPARED, default="r1_as_mha", before=COMPARED_BEFORE,
        chapters=("deepseeks_scale",),
    )  # fmt: skip
    scale_context = Integer("context", 2**10, 2**20, default=2**15, chapters=("deepseeks_scale",))
    batch = Integer("batch", 1, 1024, default=1, chapters=("deepseeks_scale",))
    scale_cache_dtype = Choice(
        "cache_dtype", tuple(catalogue.STORAGES), default="bfloat16", aliases=("numbers",),
        before=STORAGES_BEFORE, chapters=("deepseeks_scale",),
    )  # fmt: skip
    weights = Choice(
        "weights", tuple(catalogue.WEIGHT_BYTES), default="float8", before={"4 bits": "4bit"},
        chapters=("deepseeks_scale",),
    )  # fmt: skip
    gpu = Choice(
        "gpu", tuple(catalogue.GPUS), default="H200", before=GPUS_BEFORE,
        chapters=("deepseeks_scale",),
    )  # fmt: skip
    gpus = Integer("gpus", 1, 128, default=8, chapters=("deepseeks_scale",))
    bandwidth = Integer("bandwidth", 100, 20_000, default=None, chapters=("deepseeks_scale",))
    tflops = Integer("tflops", 10, 5_000, default=None, chapters=("deepseeks_scale",))

    # Speed
    speed_part = Choice("part", catalogue.SPEED_PARTS, default="steps", chapters=("speed",))
    run = Choice("run", catalogue.RUNS, default="h200", chapters=("speed",))
    at = Pair("at", "x", 10**9, default=None, chapters=("speed",))  # sequences x tokens of context

    # Claims
    claim = Choice("claim", tuple(CLAIMS), default=next(iter(CLAIMS)), chapters=("claims",))

    def value(self, parameter: Parameter[Any, Any]) -> Any:
        """What the link says of a parameter.

        Raises:
            AttributeError: it is not declared for this chapter.
        """
        if self.chapter not in parameter.chapters:
            raise AttributeError(f"{parameter.name} is no parameter of {self.chapter}")
        return parameter.read(self.query)

    @property
    def heads(self) -> dict[str, tuple[int, int]]:
        """(layer, head) of each model that the reader has chosen one of, by its head key."""
        found = {name: self.value(head) for name, head in HEADS.items()}
        return {name: head for name, head in found.items() if head is not None}

    @property
    def inputs(self) -> dict[str, float]:
        """Of the claim: what the reader set, else what its source says."""
        said = {name: self.value(INPUTS[name]) for name in CLAIMS[self.claim].inputs}
        given = {name: value for name, value in said.items() if value is not None}
        return {**CLAIMS[self.claim].inputs, **given}

    @property
    def converted(self) -> str:
        """The model that "Latent compression" makes latent, of those that belong to the pair."""
        known = catalogue.CONVERTED[self.pair]
        return self.original if self.original in known else known[0]

    @property
    def alone(self) -> str | None:
        """The one large model that the reader looks at, as the engine knows it."""
        return None if self.pair != "large" else self.large + SUFFIX * self.chat

    @property
    def max_tokens(self) -> int:
        """Of a prompt, with its start token."""
        return LARGE_TOKENS if self.alone else MAX_TOKENS


PARAMETERS: tuple[Parameter, ...] = (
    *(each for each in vars(View).values() if isinstance(each, Parameter)),
    *HEADS.values(),
    *INPUTS.values(),
)
