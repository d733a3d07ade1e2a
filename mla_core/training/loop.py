"""Training one embedded model from nothing."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from mla_core.models.devices import default_device
from mla_core.models.families import read_family
from mla_core.models.language_model import LanguageModel
from mla_core.models.weights import save_weights
from mla_core.training.data import batches
from mla_core.training.recipe import CONTEXT, Recipe, config_json


def new_model(name: str, directory: Path, tokenizer: Tokenizer, seed: int) -> LanguageModel:
    """Writes `config.json` and the tokenizer, and builds the model they describe, untrained."""
    directory.mkdir(parents=True, exist_ok=True)
    config = config_json(name, tokenizer.get_vocab_size())
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tokenizer.save(str(directory / "tokenizer.json"))
    family, parsed = read_family(directory)
    torch.manual_seed(seed)
    model = family.model_class(parsed)
    model.name = name
    initialise(model)
    return model


def initialise(model: LanguageModel) -> None:
    """GPT-2's: normal(0.02), smaller by sqrt(2 layers) where a block writes to the residual."""
    residual_std = 0.02 / math.sqrt(2 * model.config.num_hidden_layers)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2:
            writes_residual = name.endswith(("c_proj.weight", "o_proj.weight", "down_proj.weight"))
            nn.init.normal_(parameter, std=residual_std if writes_residual else 0.02)


def learning_rate(step: int, recipe: Recipe) -> float:
    """Up in `warmup` steps, then straight down to zero."""
    up = (step + 1) / recipe.warmup
    down = (recipe.steps - step) / (recipe.steps - recipe.warmup)
    return recipe.learning_rate * min(up, down)


def train(
    name: str,
    directory: Path,
    tokenizer: Tokenizer,
    ids: np.ndarray,
    starts: np.ndarray,
    recipe: Recipe,
    log: Callable[[str], None] = print,
) -> LanguageModel:
    """Trains the model `name` on the token row `ids` and saves it in float16.

    Args:
        directory: receives config.json, model.safetensors and tokenizer.json.
        ids: all training texts, one behind another (uint16).
        starts: where each text begins in `ids`.
    """
    device = default_device()
    torch.set_float32_matmul_precision("high")
    model = new_model(name, directory, tokenizer, recipe.seed).to(device)
    decayed = [p for p in model.parameters() if p.ndim == 2]
    plain = [p for p in model.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": recipe.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
        betas=recipe.betas,
        fused=device.type == "cuda",
    )

    def loss_of(x: Tensor, y: Tensor) -> Tensor:
        # only GPUs: a CPU without bfloat16 instructions emulates them a hundred times slower
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            logits = model(x)
        return F.cross_entropy(logits.flatten(0, 1).float(), y.flatten())

    # compiling pays on a GPU; on a CPU it would outlast a short run
    step_loss = torch.compile(loss_of) if device.type == "cuda" else loss_of
    row = torch.from_numpy(ids.astype(np.int32)).to(device)
    width = torch.arange(CONTEXT + 1, device=device)
    started, losses = time.monotonic(), []
    order = batches(
        starts, len(ids), rows=recipe.rows, width=CONTEXT, steps=recipe.steps, seed=recipe.seed
    )
    for step, begin in enumerate(order):
        window = row[torch.from_numpy(begin).to(device)[:, None] + width].long()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, recipe)
        loss = step_loss(window[:, :-1], window[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.detach())
        if (step + 1) % 200 == 0 or step + 1 == recipe.steps:
            mean = torch.stack(losses).mean().item()
            seconds = time.monotonic() - started
            log(f"{name} step {step + 1}/{recipe.steps} loss {mean:.4f} {seconds:.0f} s")
            losses.clear()
    save_weights(model.state_dict(), directory / "model.safetensors", torch.float16)
    return model
