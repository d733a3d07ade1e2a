"""`trace`: run a text through a model once and keep what happened inside."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from mla_core.models.config import ModelConfig
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.problem import Problem
from mla_core.records.trace import ARRAYS, Trace, likeliest

FROM_LOGITS = {"logits", "next_ids", "next"}


class PromptError(Problem, ValueError):
    """A prompt that cannot be run; the message says what to do."""

    sentences: ClassVar[Mapping[str, str]] = {
        "empty": "The prompt is empty: type a few words.",
        "half": "The prompt holds half a character (a lone surrogate): take it out or type it again.",
        "too_long": "The prompt has {tokens} tokens, {model} takes at most {limit}: shorten it.",
        "full": "{model} has {limit} positions, and they are full.",
    }


@runtime_checkable
class Traceable(Protocol):
    """What `trace` needs of a model: `LanguageModel` has it, and `bridge.Baseline`."""

    name: str
    config: ModelConfig

    @property
    def tokenizer(self) -> Tokenizer: ...
    @property
    def device(self) -> torch.device: ...
    @property
    def dtype(self) -> torch.dtype: ...
    def record(self, ids: Tensor, names: Iterable[str]) -> tuple[Tensor, dict[str, Tensor]]: ...


def encode_prompt(model: Traceable, prompt: str, *, bos: bool) -> list[int]:
    """Token ids of a prompt, checked against what the model can take.

    Raises:
        PromptError: nothing to run, no text, or more tokens than the model has positions.
    """
    if not prompt.strip():
        raise PromptError.of("empty")
    if any("\ud800" <= character <= "\udfff" for character in prompt):
        raise PromptError.of("half")
    ids = model.tokenizer.encode(prompt)
    if bos and model.config.bos_token_id is not None:
        ids = [model.config.bos_token_id, *ids]
    limit = model.config.max_position_embeddings
    if len(ids) > limit:
        raise PromptError.of("too_long", tokens=len(ids), model=model.name, limit=limit)
    return ids


def trace(
    model: Traceable, prompt: str, *, bos: bool = True, record: Iterable[str] = tuple(ARRAYS)
) -> Trace:
    """Runs `prompt` through `model` in one pass and returns what was recorded.

    Args:
        model: from `load_model` or `baseline`.
        prompt: any text; special tokens in it are text.
        bos: put the model's beginning-of-text token first, as in training.
        record: which arrays to keep; those that the model does not have are left out. All of
            them at 256 tokens are about 150 MB for a small model, so choose.

    Raises:
        PromptError: the prompt is empty or too long.
        ValueError: a name in `record` is not one of `traces.ARRAYS`.
    """
    ids = encode_prompt(model, prompt, bos=bos)
    has_bos = bos and model.config.bos_token_id is not None
    return trace_ids(model, ids, has_bos=has_bos, record=record)


def trace_ids(
    model: Traceable,
    ids: list[int],
    *,
    has_bos: bool,
    record: Iterable[str] = tuple(ARRAYS),
    prompt_length: int | None = None,
    cache_nbytes: tuple[int, ...] = (),
) -> Trace:
    """`trace` for token ids: what a `Decoder` generated, or a tokenizer of one's own."""
    names = set(record)
    if unknown := sorted(names - set(ARRAYS)):
        raise ValueError(f"cannot record {', '.join(unknown)}; known are {', '.join(ARRAYS)}")
    logits, recorded = model.record(torch.tensor([ids], device=model.device), names - FROM_LOGITS)
    arrays = {name: x.float().cpu().numpy() for name, x in recorded.items()}
    if names & FROM_LOGITS:
        whole = logits.float().cpu().numpy()
        following = dict(zip(("next_ids", "next"), likeliest(whole), strict=True))
        made = {"logits": whole} | following
        arrays |= {name: made[name] for name in names & FROM_LOGITS}
    return as_trace(
        model, ids, arrays, has_bos=has_bos, prompt_length=prompt_length, cache_nbytes=cache_nbytes
    )


def as_trace(
    model: Traceable,
    ids: list[int],
    arrays: Mapping[str, np.ndarray],
    *,
    has_bos: bool,
    prompt_length: int | None = None,
    cache_nbytes: tuple[int, ...] = (),
) -> Trace:
    """What something else recorded of a model, as a trace: nothing is run."""
    device = model.device
    return Trace(
        model=model.name,
        config=model.config,
        engine=type(model).__name__,
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        dtype=str(model.dtype).removeprefix("torch."),
        token_ids=tuple(ids),
        # the text begins behind the token that was put before it
        tokens=model.tokenizer.pieces(ids[:has_bos]) + model.tokenizer.pieces(ids[has_bos:]),
        has_bos=has_bos,
        prompt_length=len(ids) if prompt_length is None else prompt_length,
        cache_nbytes=cache_nbytes,
        arrays=arrays,
    )


def starts_with_bos(model: Traceable) -> bool:
    """Whether a model puts a token of its own before every text."""
    return model.config.bos_token_id is not None
