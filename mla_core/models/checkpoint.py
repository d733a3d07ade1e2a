"""Opening and saving model directories in Hugging Face format: safetensors only, no code, no pickle."""

import dataclasses
import json
import struct
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mla_core.models.config import CheckpointError, read_config
from mla_core.models.gpt2 import GPT2
from mla_core.models.language_model import LanguageModel
from mla_core.models.llama import Llama
from mla_core.models.locate import locate, title
from mla_core.models.tokenizer import Tokenizer


def default_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_model(
    name_or_directory: str | Path,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> LanguageModel:
    """Opens a `gpt2`, `llama`, `deepseek_v2` or dense `deepseek_v3` checkpoint, or a converted one.

    Args:
        name_or_directory: an embedded model ("mini-mla", "mini-gpt2", ...), "gpt2" (-medium,
            -large, -xl) where it is on this machine, or a directory with `config.json`,
            safetensors and a tokenizer.
        device: CUDA when there is one, unless said otherwise.
        dtype: float32 unless said otherwise, whatever the file stores.

    Returns:
        The model in evaluation mode, with its tokenizer.

    Raises:
        CheckpointError: (a ValueError) one sentence that names the file and the reason.
    """
    directory = locate(name_or_directory)
    config = read_config(directory)
    tokenizer = Tokenizer.from_directory(directory)
    if tokenizer.vocab_size > config.vocab_size:
        raise CheckpointError(
            f"{directory / 'tokenizer.json'} has {tokenizer.vocab_size} tokens, "
            f"config.json only {config.vocab_size}"
        )
    with torch.device("meta"):
        model: LanguageModel = GPT2(config) if config.family == "gpt2" else Llama(config)
    weights = _read_weights(directory, model)
    model.load_state_dict(weights, assign=True)
    model.to(device=device or default_device(), dtype=dtype or torch.float32)
    model.requires_grad_(False).eval()
    model.name, model.tokenizer = title(name_or_directory), tokenizer
    return model


def _files(directory: Path) -> list[Path]:
    """The one safetensors file, or the shards that an index lists."""
    single, index = directory / "model.safetensors", directory / "model.safetensors.index.json"
    if single.exists():
        return [single]
    if index.exists():
        try:
            names = sorted(
                set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
            )
        except (ValueError, KeyError, AttributeError, TypeError):
            raise CheckpointError(f"{index} is not an index of safetensors files") from None
        # an index is data from outside: it may name files beside it and nothing else
        if any(Path(name).name != name for name in names):
            raise CheckpointError(f"{index} names a file outside its directory")
        return [directory / name for name in names]
    if list(directory.glob("*.bin")):
        raise CheckpointError(
            f"{directory} holds pickled weights only; save it as {single.name}, "
            "which cannot run code when it is opened"
        )
    raise CheckpointError(f"{single} does not exist")


def _read_weights(directory: Path, model: LanguageModel) -> dict[str, Tensor]:
    """The tensors that the model wants, by its names; every other one is ignored or refused."""
    wanted = model.state_dict()
    prefix = "transformer." if model.config.family == "gpt2" else "model."
    found: dict[str, Tensor] = {}
    for path in _files(directory):
        try:
            with safe_open(path, framework="pt", device="cpu") as file:
                for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                    full = name if name in wanted else prefix + name
                    if full in wanted:
                        found[full] = file.get_tensor(name)
        except FileNotFoundError:
            raise CheckpointError(f"{path} does not exist") from None
        except (SafetensorError, OSError, struct.error) as error:
            raise CheckpointError(
                f"{path} is damaged or cut short ({error}); fetch it again"
            ) from None
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        raise CheckpointError(
            f"{directory} lacks {len(missing)} tensors, the first is {missing[0]}"
        )
    for name, tensor in found.items():
        if tensor.shape != wanted[name].shape:
            raise CheckpointError(
                f"{directory}: {name} has shape {tuple(tensor.shape)}, "
                f"config.json asks for {tuple(wanted[name].shape)}"
            )
        if not tensor.is_floating_point():
            raise CheckpointError(f"{directory}: {name} holds {tensor.dtype}, not real numbers")
    check_finite(found, str(directory))
    return found


def check_finite(weights: Mapping[str, Tensor], where: str) -> None:
    """Refuses weights that no computation can use.

    Raises:
        CheckpointError: one of them holds NaN or infinity.
    """
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            raise CheckpointError(f"{where}: {name} holds NaN or infinite numbers; fetch it again")


def save_model(model: LanguageModel, directory: str | Path) -> None:
    """Writes a converted model as a directory that `load_model` opens.

    Raises:
        ValueError: the model is not converted; its own directory is its format.
    """
    if not model.config.model_type.startswith("mla_"):
        raise ValueError(f"{model.name} is not converted: copy the directory it came from")
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    fields = dataclasses.asdict(model.config)
    (directory / "config.json").write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
    model.tokenizer.save(directory / "tokenizer.json")
    save_weights(model, directory / "model.safetensors", model.dtype)


def save_weights(model: LanguageModel, path: Path, dtype: torch.dtype) -> None:
    """Writes the parameters under Hugging Face's names to one safetensors file."""
    state = {
        name: x.detach().to("cpu", dtype).contiguous() for name, x in model.state_dict().items()
    }
    save_file(state, path, metadata={"format": "pt"})
