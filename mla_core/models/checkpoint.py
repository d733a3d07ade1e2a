"""Opening and saving model directories in Hugging Face format: safetensors only, no code, no pickle."""

import dataclasses
import json
from pathlib import Path

import torch

from mla_core.models.config import CheckpointError
from mla_core.models.families import read_family
from mla_core.models.language_model import LanguageModel
from mla_core.models.locate import locate, title
from mla_core.models.tokenizer import Tokenizer
from mla_core.models.weights import refuse_quantised, save_weights


def load_model(
    name_or_directory: str | Path,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> LanguageModel:
    """Opens a checkpoint: one that is built here, or a large MLA model that transformers builds.

    Built here are `gpt2`, `llama`, dense `deepseek_v2` and `deepseek_v3`, and converted models;
    `minicpm3`, `youtu`, `glm4_moe_lite`, `mistral4` and DeepSeek with experts get their body from
    transformers and our attention (see `models.transformers_model`).

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
    family, config = read_family(directory)
    tokenizer = Tokenizer.from_directory(directory)
    if tokenizer.vocab_size > config.vocab_size:
        raise CheckpointError.of(
            "too_many_tokens", path=str(directory / "tokenizer.json"),
            tokens=tokenizer.vocab_size, vocabulary=config.vocab_size,
        )  # fmt: skip
    refuse_quantised(directory)
    model = family.model_class.from_directory(directory, config, device, dtype)
    model.requires_grad_(False).eval()
    model.name, model.tokenizer = title(name_or_directory), tokenizer
    return model


def save_model(model: LanguageModel, directory: str | Path) -> None:
    """Writes a converted model as a directory that `load_model` opens.

    Raises:
        ValueError: the model is not converted; its own directory is its format.
    """
    if not model.config.is_converted:
        raise ValueError(f"{model.name} is not converted: copy the directory it came from")
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    fields = dataclasses.asdict(model.config)
    (directory / "config.json").write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
    model.tokenizer.save(directory / "tokenizer.json")
    save_weights(model.state_dict(), directory / "model.safetensors", model.dtype)
