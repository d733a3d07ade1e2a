"""Numbers that circulate about MLA, rebuilt from what they are made of.

The words about them are the app's; here are only inputs and formulas, each formula shown as it is
computed. Sources: DeepSeek-V2 (arXiv 2405.04434) and those that the app names beside each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mla_core.arithmetic.architectures.architecture import Architecture
from mla_core.arithmetic.architectures.attention import STORAGES
from mla_core.arithmetic.architectures.published import PUBLISHED
from mla_core.arithmetic.formula import Formula


@dataclass(frozen=True)
class Step:
    """One result on the way: its formula may use the inputs and the steps before it."""

    name: str
    expression: str


@dataclass(frozen=True)
class Claim:
    """What a number is made of.

    Attributes:
        inputs: name -> value as its source has it.
        steps: the last one is the number in question.
        bars: the steps that are drawn beside each other.
    """

    inputs: Mapping[str, float]
    steps: tuple[Step, ...]
    bars: tuple[str, ...]


def rebuild(claim: Claim, changed: Mapping[str, float]) -> dict[str, tuple[Formula, float]]:
    """Each step's formula and result, in order.

    Args:
        changed: inputs that differ from the source's.

    Raises:
        FormulaError: a step divides by zero.
    """
    values = {**claim.inputs, **changed}
    found = {}
    for step in claim.steps:
        formula = Formula(step.expression, dict(values))
        result = float(formula.value())
        found[step.name] = (formula, result)
        values[step.name] = result
    return found


def _steps(**expressions: str) -> tuple[Step, ...]:
    return tuple(Step(name, expression) for name, expression in expressions.items())


LATENT: dict[str, float] = {"kv_lora_rank": 512, "qk_rope_head_dim": 64}
R1_HEADS: dict[str, float] = {"heads": 128, "head_dim": 128}
BF16 = STORAGES["bfloat16"]


def _whole(model: Architecture) -> str:
    """The bytes of a published model's cache, as a step of a claim on t tokens."""
    return model.cache(BF16).expression


CLAIMS = {
    "57x": Claim(
        R1_HEADS | LATENT,
        _steps(
            mha="2 * heads * head_dim",
            mla="kv_lora_rank + qk_rope_head_dim",
            ratio="mha / mla",
        ),
        ("mha", "mla"),
    ),
    "93.3%": Claim(
        LATENT | {
            "layers": 60, "bits": 6.0, "kv_heads_67b": 8, "head_dim_67b": 128, "layers_67b": 95,
            "bits_67b": 16.0, "layers_video": 30, "heads_video": 32, "head_dim_video": 128,
        },
        _steps(
            video_mha="2 * heads_video * head_dim_video * layers_video * 2",
            video_mla="(kv_lora_rank + qk_rope_head_dim) * layers_video * 2",
            video_saved="100 * (1 - video_mla / video_mha)",
            same_precision="100 * (1 - (kv_lora_rank + qk_rope_head_dim) * layers * 16 "
            "/ (2 * kv_heads_67b * head_dim_67b * layers_67b * bits_67b))",
            deepseek_67b="2 * kv_heads_67b * head_dim_67b * layers_67b * bits_67b / 8",
            deepseek_v2="(kv_lora_rank + qk_rope_head_dim) * layers * bits / 8",
            saved="100 * (1 - deepseek_v2 / deepseek_67b)",
        ),
        ("deepseek_67b", "deepseek_v2", "video_mha", "video_mla"),
    ),
    "6x": Claim(
        {"tokens_per_second_v2": 55_374, "tokens_per_second_67b": 9_608},
        _steps(
            deepseek_67b="tokens_per_second_67b",
            deepseek_v2="tokens_per_second_v2",
            ratio="deepseek_v2 / deepseek_67b",
        ),
        ("deepseek_67b", "deepseek_v2"),
    ),
    "400gb": Claim(
        R1_HEADS | LATENT | {"layers": 61, "value_bytes": 2.0, "tokens": 100_000},
        _steps(
            with_mla="(kv_lora_rank + qk_rope_head_dim) * layers * value_bytes * tokens / 1e9",
            with_mha="2 * heads * head_dim * layers * value_bytes * tokens / 1e9",
        ),
        ("with_mla", "with_mha"),
    ),
    "576": Claim(
        R1_HEADS | LATENT,
        _steps(
            numbers="kv_lora_rank + qk_rope_head_dim",
            mha="2 * heads * head_dim",
            ratio="mha / numbers",
        ),
        ("numbers", "mha"),
    ),
    "smallest": Claim(
        {"head_dim": 128, "kv_heads": 8} | LATENT,
        _steps(
            mqa="2 * head_dim",
            mla="kv_lora_rank + qk_rope_head_dim",
            gqa="2 * kv_heads * head_dim",
            groups="mla / (2 * head_dim)",
        ),
        ("mqa", "mla", "gqa"),
    ),
    "memory": Claim(
        {"heads": 128} | LATENT | {"value_bytes": 2.0, "terabytes_per_second": 4.19, "teraflops": 756.0},
        _steps(
            flops="2 * heads * (2 * kv_lora_rank + qk_rope_head_dim)",
            nbytes="(kv_lora_rank + qk_rope_head_dim) * value_bytes",
            intensity="flops / nbytes",
            ridge="teraflops / terabytes_per_second",
            heads_until="ridge / intensity * heads",
        ),
        ("intensity", "ridge"),
    ),
    "mqa": Claim(
        {"heads": 128, "qk_nope_head_dim": 128, "v_head_dim": 128} | LATENT,
        _steps(
            read="kv_lora_rank + qk_rope_head_dim",
            up_projections="heads * (qk_nope_head_dim + v_head_dim) * kv_lora_rank",
        ),
        ("read",),
    ),
    "swapped": Claim(
        {"heads": 32, "groups": 8, "head_dim": 128},
        _steps(mha="2 * heads * head_dim", gqa="2 * groups * head_dim", mqa="2 * head_dim"),
        ("mha", "gqa", "mqa"),
    ),
    "compute": Claim(
        {"heads": 128, "qk_nope_head_dim": 128, "v_head_dim": 128} | LATENT,
        _steps(
            rebuilt="heads * (qk_nope_head_dim + qk_rope_head_dim + v_head_dim)",
            absorbed="heads * (2 * kv_lora_rank + qk_rope_head_dim)",
            ratio="absorbed / rebuilt",
        ),
        ("rebuilt", "absorbed"),
    ),
    "70kb": Claim(
        LATENT | {"layers": 61, "value_bytes": 2.0, "kv_heads": 8, "head_dim": 128,
                  "layers_qwen": 80, "layers_llama": 126},
        _steps(
            qwen="2 * kv_heads * head_dim * layers_qwen * value_bytes",
            llama="2 * kv_heads * head_dim * layers_llama * value_bytes",
            deepseek_v3="(kv_lora_rank + qk_rope_head_dim) * layers * value_bytes",
        ),
        ("deepseek_v3", "qwen", "llama"),
    ),
    "v4": Claim(
        {"t": 1_048_576},
        _steps(
            v32=_whole(PUBLISHED["DeepSeek-V3.2-Exp"]),
            v4=_whole(PUBLISHED["DeepSeek-V4-Flash"]),
            share="100 * v4 / v32",
        ),
        ("v32", "v4"),
    ),
}  # fmt: skip
