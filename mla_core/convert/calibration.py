"""A model and a text: the statistics, and all that follows from them for any rank.

Statistics and the choices of `auto` are remembered on disk under what they depend on (weights and
tokens), in `$MLA_EXPLORER_CACHE` or `~/.cache/mla-explorer`; that folder may be deleted any time.
Those of the embedded models are shipped in the same form, under assets/calibration.
"""

import dataclasses
import functools
import hashlib
import itertools
import json
import lzma
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from mla_core.attention.head_weights import HeadWeights
from mla_core.convert.layers import latent_attention
from mla_core.convert.methods import METHODS, Basis
from mla_core.convert.statistics import LayerStatistics, collect
from mla_core.models.language_model import LanguageModel
from mla_core.models.locate import ASSETS
from mla_core.models.weights import check_finite

VERSION = 1  # of what is computed below; another one makes remembered files stale
ROW = 256  # tokens of a text that are read at once
COMPARED = ("whitened", "balanced", "head-aware", "loss-aware")  # by `auto`
SMALLER = 8  # `auto` compares the methods at a cache so many times smaller
COMPARED_ROWS = 8  # at most, and one for 32 texts
SHIPPED = ASSETS / "calibration"
WORK = 4_000_000_000  # parameters times shipped texts: the time that calibrating may take
TEXTS = (32, 512)  # but never fewer, and no more are shipped


def shipped_texts() -> list[str]:
    """The calibration texts under assets/text: of the kind the embedded models were trained on."""
    with lzma.open(ASSETS / "text" / "calibration.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Calibration:
    """What `convert_to_mla` knows of a model; made once, it serves every rank and method.

    Args:
        model: gpt2 or llama, not converted yet.
        texts: what to calibrate on; texts that we ship unless given, fewer for a larger model.
        progress: called with (steps done, steps in all), unless everything is remembered.
        keep: whether to remember the result on disk.

    Attributes:
        statistics: layer by layer.
        best_methods: for each layer what `auto` takes: of `COMPARED`, the method that moves the
            predictions least (KL divergence) when only this layer is cut, to an eighth.

    Raises:
        ValueError: the model has a latent already, its weights are no numbers, or the texts hold
            fewer than two tokens.
    """

    def __init__(
        self,
        model: LanguageModel,
        texts: Sequence[str] | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
        *,
        keep: bool = True,
    ) -> None:
        if model.config.attention == "MLA":
            raise ValueError(f"{model.name} keeps a latent already; convert a gpt2 or a llama")
        check_finite(model.state_dict(), model.name)
        self.model = model
        if texts is None:
            least, most = TEXTS
            size = sum(parameter.numel() for parameter in model.parameters())
            texts = shipped_texts()[: max(least, min(most, WORK // size))]
        self.rows = _rows(model, texts)
        self.tokens = sum(map(len, self.rows))
        if max(map(len, self.rows), default=0) < 2:
            raise ValueError("The calibration text is empty: give at least a few sentences.")
        self._bases: dict[tuple[int, str], Basis] = {}
        name = f"{self._content()}.safetensors"
        stored = _read(SHIPPED / name, model) or _read(_folder() / name, model)
        if stored is not None:
            self.statistics, self.best_methods = stored
            return
        total = len(self.rows) + model.config.num_hidden_layers * len(COMPARED)
        done = itertools.count(1)

        def tick() -> None:
            progress(next(done), total)

        self.statistics = collect(model, self.rows, tick)
        self.best_methods = self._compare(tick)
        if keep:
            _write(_folder() / name, self.statistics, self.best_methods)

    def basis(self, layer: int, method: str) -> Basis:
        """The directions of a layer, best first, by a method of `METHODS`."""
        if (layer, method) not in self._bases:
            stats = vars(self.statistics[layer])
            wide = LayerStatistics(**{name: x.double() for name, x in stats.items()})
            exact = METHODS[method](self.weights(layer), wide)
            # float32 from here on: a basis of GPT-2 is 7 MB, and there is one for each layer
            fields = {f.name: getattr(exact, f.name).float() for f in dataclasses.fields(exact)}
            if exact.lift_v is exact.lift_k:
                fields["lift_v"] = fields["lift_k"]
            self._bases[layer, method] = Basis(**fields)
        return self._bases[layer, method]

    def weights(self, layer: int) -> HeadWeights:
        return self.model.head_weights(layer)

    def _compare(self, tick: Callable[[], None]) -> tuple[str, ...]:
        """For each layer the method that moves the predictions least when only it is cut."""
        config = self.model.config
        every_head = 2 * config.num_attention_heads * config.head_dim
        rank = max(1, min(every_head // SMALLER, config.hidden_size))
        rows = self.rows[: max(1, min(COMPARED_ROWS, len(self.rows) // 32))]
        ids = [torch.tensor([row], device=self.model.device) for row in rows]
        whole = _predictions(self.model, ids)
        probe, best = self.model.with_shared_weights(), []
        for layer in range(config.num_hidden_layers):
            lost = {}
            for method in COMPARED:
                cut = latent_attention(self.model, layer, self.basis(layer, method), rank)
                own = probe.replace_attention(layer, cut)
                lost[method] = sum(
                    F.kl_div(q, p, log_target=True, reduction="sum").item()
                    for q, p in zip(_predictions(probe, ids), whole, strict=True)
                )
                probe.replace_attention(layer, own)
                tick()
            best.append(min(lost, key=lost.__getitem__))
        return tuple(best)

    def _content(self) -> str:
        config = self.model.config
        about = (VERSION, config.num_attention_heads, config.num_key_value_heads, config.rope)
        digest = hashlib.sha256(f"{about} {json.dumps(self.rows)}".encode())
        for name, tensor in self.model.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().data)
        return digest.hexdigest()[:32]


@torch.inference_mode()
def _predictions(model: LanguageModel, rows: list[torch.Tensor]) -> list[torch.Tensor]:
    """Log-probabilities. In a mode of its own: between rows others may need gradients."""
    return [model(row).log_softmax(-1) for row in rows]


def _rows(model: LanguageModel, texts: Sequence[str]) -> list[list[int]]:
    """Each text behind the start token, in pieces that the model can take."""
    bos = [] if model.config.bos_token_id is None else [model.config.bos_token_id]
    width = min(ROW, model.config.max_position_embeddings) - len(bos)
    rows = []
    for text in filter(str.strip, texts):
        ids = model.tokenizer.encode(text)
        rows += [bos + ids[i : i + width] for i in range(0, len(ids), width)]
    return [row for row in rows if len(row) > 1]


def _folder() -> Path:
    return Path(os.environ.get("MLA_EXPLORER_CACHE") or Path.home() / ".cache" / "mla-explorer")


Remembered = tuple[list[LayerStatistics], tuple[str, ...]]


def _read(path: Path, model: LanguageModel) -> Remembered | None:
    try:
        with safe_open(path, framework="pt", device=str(model.device)) as file:
            best_methods = tuple(file.metadata()["best_methods"].split())
            names = [field.name for field in dataclasses.fields(LayerStatistics)]
            statistics = [
                LayerStatistics(**{name: file.get_tensor(f"{i}.{name}") for name in names})
                for i in range(model.config.num_hidden_layers)
            ]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None  # not there yet, or damaged: made anew
    return statistics, best_methods


def _write(path: Path, statistics: list[LayerStatistics], best_methods: tuple[str, ...]) -> None:
    tensors = {
        f"{i}.{name}": value.contiguous()
        for i, layer in enumerate(statistics)
        for name, value in vars(layer).items()
    }
    part = path.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError, SafetensorError):  # a full disk costs time, not the result
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part, metadata={"best_methods": " ".join(best_methods)})
        part.replace(path)


@functools.lru_cache(maxsize=4)
def calibration_of(model: LanguageModel) -> Calibration:
    """The calibration of a model on the shipped texts, kept while the process lives."""
    return Calibration(model)
