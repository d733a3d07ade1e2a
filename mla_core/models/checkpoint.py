"""Opening and saving model directories in Hugging Face format: safetensors only, no code, no pickle."""

import dataclasses
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from mla_core.models.config import CheckpointError, is_borrowed, read_config, read_json
from mla_core.models.device import default_device
from mla_core.models.directory import weight_files
from mla_core.models.files import check_finite, open_file
from mla_core.models.gpt2 import GPT2
from mla_core.models.language_model import LanguageModel
from mla_core.models.llama import Llama
from mla_core.models.locate import locate, title
from mla_core.models.tokenizer import Tokenizer
from mla_core.models.transformers_model import open_borrowed, read_borrowed


def load_model(
    name_or_directory: str | Path,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> LanguageModel:
    """Opens a checkpoint: one that is built here, or a large MLA model that transformers builds.

    Built here are `gpt2`, `llama`, dense `deepseek_v2` and `deepseek_v3`, and converted models;
    `minicpm3`, `youtu`, `glm4_moe_lite`, `mistral4` and DeepSeek with experts get their body from
    transformers and our attention (see `models.borrowed`).

    Args:
        name_or_directory: an embedded model ("mini-mla", "mini-gpt2", ...), "gpt2" (-medium,
            -large, -xl) where it is on this machine, or a directory with `config.json`,
            safetensors and a tokenizer.
        device: CUDA when there is one, unless said otherwise; large models lie on all GPUs.
        dtype: float32 unless said otherwise, whatever the file stores; for large models bfloat16
            on a GPU.

    Returns:
        The model in evaluation mode, with its tokenizer.

    Raises:
        CheckpointError: (a ValueError) one sentence that names the file and the reason.
    """
    directory = locate(name_or_directory)
    borrowed = is_borrowed(read_json(directory))
    config = read_borrowed(directory) if borrowed else read_config(directory)
    tokenizer = Tokenizer.from_directory(directory)
    if tokenizer.vocab_size > config.vocab_size:
        raise CheckpointError(
            f"{directory / 'tokenizer.json'} has {tokenizer.vocab_size} tokens, "
            f"config.json only {config.vocab_size}"
        )
    model: LanguageModel
    if borrowed:
        model = open_borrowed(directory, config, device, dtype)
    else:
        with torch.device("meta"):
            model = GPT2(config) if config.family == "gpt2" else Llama(config)
        model.load_state_dict(_read_weights(directory, model), assign=True)
        model.to(device=device or default_device(), dtype=dtype or torch.float32)
    model.requires_grad_(False).eval()
    model.name, model.tokenizer = title(name_or_directory), tokenizer
    return model


def _read_weights(directory: Path, model: LanguageModel) -> dict[str, Tensor]:
    """The tensors that the model wants, by its names; every other one is ignored or refused."""
    wanted = model.state_dict()
    prefix = "transformer." if model.config.family == "gpt2" else "model."
    found: dict[str, Tensor] = {}
    for path in weight_files(directory):
        with open_file(path) as file:
            for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                full = name if name in wanted else prefix + name
                if full in wanted:
                    found[full] = file.get_tensor(name)
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
