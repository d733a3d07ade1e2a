"""`Decoder`: generation one token at a time, over a live cache, with every step measured."""

import sys
from dataclasses import dataclass

import numpy as np
import torch

from mla_core.attention.latent import Mode
from mla_core.attention.recorder import Recorder
from mla_core.inference.tracing import PromptError, encode_prompt
from mla_core.models.language_model import LanguageModel
from mla_core.models.tokenizer import Reader


@dataclass(frozen=True, eq=False)
class Step:
    """One token of generation.

    Attributes:
        token_id: what was chosen.
        token: what that adds to the text; nothing yet where it begins a character that tokens
            after it complete.
        probabilities: (w,) the distribution it was chosen from, before temperature and top-k.
        pattern: (l, h, t) where the new token looked: the new row of each pattern.
        cache_nbytes: bytes in the cache after this step.
        bytes_written, bytes_read: what this step wrote to the cache and read from it.
    """

    token_id: int
    token: str
    probabilities: np.ndarray
    pattern: np.ndarray
    cache_nbytes: int
    bytes_written: int
    bytes_read: int


class Decoder:
    """Keeps one sequence and its cache; the model itself stays untouched.

    Prefill rebuilds keys and values (naive) whatever the mode, as DeepSeek serves it: with many
    new tokens at once that is the cheaper path. `mode` decides how the steps after it run.

    Args:
        model: from `load_model`.
        mode: "absorbed" or "naive", for MLA; other attention has only one path. Absorbed unless
            said otherwise, but for a converted llama, which has only the naive one.
        storage: the type that the cache keeps its rows in; the model's own unless said otherwise.

    Attributes:
        token_ids: the sequence so far.
        cache: what is kept of it.
        logits: (w,) of the token to come; None before the prefill.

    Raises:
        ValueError: an unknown mode, or one that the model does not have.
    """

    def __init__(
        self,
        model: LanguageModel,
        mode: Mode | None = None,
        storage: torch.dtype | None = None,
    ) -> None:
        mode = mode or model.modes[-1]
        if mode not in model.modes:
            has = " or ".join(map(repr, model.modes))
            raise ValueError(f"mode must be {has} for {model.name}, not {mode!r}")
        self.model, self.mode = model, mode
        self.cache = model.new_cache(storage)
        self.token_ids: list[int] = []
        self.logits: torch.Tensor | None = None
        self._reader: Reader | None = None
        self._read = 0  # of token_ids, by the reader

    def prefill(self, prompt: str, *, bos: bool = True) -> None:
        """Runs the whole prompt at once; a second call continues the sequence.

        Raises:
            PromptError: the prompt is empty or longer than the context.
        """
        first = not self.token_ids
        self.prefill_ids(encode_prompt(self.model, prompt, bos=bos and first))

    @torch.inference_mode()
    def prefill_ids(self, ids: list[int]) -> None:
        """`prefill` for token ids."""
        self._room_for(len(ids))
        new = torch.tensor([ids], device=self.model.device)
        self.logits = self.model(new, cache=self.cache)[0, -1]
        self.token_ids += ids

    @torch.inference_mode()
    def step(
        self,
        temperature: float = 0.0,
        top_k: int | None = None,
        seed: int | None = None,
    ) -> Step:
        """Chooses the next token, runs it through the model and returns what that took.

        Args:
            temperature: 0 takes the likeliest token.
            top_k: choose among the k likeliest only.
            seed: makes the choice repeatable; the position is mixed in, so that one seed serves
                a whole text.

        Raises:
            ValueError: no prompt yet, a full context, or a negative temperature or top_k.
        """
        if self.logits is None:
            raise ValueError("there is nothing to continue: call prefill first")
        self._room_for(1)
        probabilities = self.logits.float().softmax(-1)
        token_id = choose(self.logits, temperature, top_k, seed, len(self.token_ids))
        written, read = self.cache.bytes_written, self.cache.bytes_read
        recorder = Recorder(["pattern"])
        new = torch.tensor([[token_id]], device=self.model.device)
        self.logits = self.model(new, cache=self.cache, record=recorder, mode=self.mode)[0, -1]
        self.token_ids.append(token_id)
        return Step(
            token_id=token_id,
            token=self._newest_text(),
            probabilities=probabilities.cpu().numpy(),
            pattern=torch.cat(recorder.layers["pattern"])[:, :, 0].float().cpu().numpy(),
            cache_nbytes=self.cache.nbytes,
            bytes_written=self.cache.bytes_written - written,
            bytes_read=self.cache.bytes_read - read,
        )

    def _newest_text(self) -> str:
        """What the last token adds; the text begins behind the model's own first token."""
        if self._reader is None:
            self._reader = Reader(self.model.tokenizer)
            self._read = int(self.token_ids[0] == self.model.config.bos_token_id)
        added = ""
        for token_id in self.token_ids[self._read :]:
            added = self._reader.read(token_id)
        self._read = len(self.token_ids)
        return added

    def _room_for(self, new: int) -> None:
        limit = self.model.config.max_position_embeddings
        if len(self.token_ids) + new > limit:
            raise PromptError.of("full", model=self.model.name, limit=limit)


def choose(
    logits: torch.Tensor, temperature: float, top_k: int | None, seed: int | None, position: int
) -> int:
    """One token id from logits (w,): the likeliest, or drawn at a temperature.

    Raises:
        ValueError: a negative temperature, or a top_k below 1.
    """
    if not 0 <= temperature <= sys.float_info.max:
        raise ValueError(f"temperature must be a number, 0 or more, not {temperature}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, not {top_k}")
    if temperature == 0:
        return int(logits.argmax())
    values, indices = logits.float().cpu().topk(min(top_k or len(logits), len(logits)))
    generator = torch.Generator()
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(hash((seed, position)) & 0x7FFF_FFFF_FFFF_FFFF)
    # from the largest down, in float64: the smallest temperature divides by no zero, and is argmax
    odds = ((values - values[0]).double() / temperature).softmax(-1).float()
    drawn = torch.multinomial(odds, 1, generator=generator)
    return int(indices[drawn])
