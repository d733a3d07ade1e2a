"""The GPT-2 baseline through TransformerLens, the field's own microscope.

`baseline` returns an object with the same `record` as our models, so `trace` takes either. Its
hooks live on the shared model for the time of one run: use it behind the engine's one worker.
"""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from mla_core.models.config import CheckpointError, ModelConfig
from mla_core.models.devices import default_device
from mla_core.models.families import read_config
from mla_core.models.locate import locate, title
from mla_core.models.tokenizer import Tokenizer

# our name -> TransformerLens' hook; [batch, pos, head, dim] becomes (b, h, s, k)
HOOKS = {
    "pattern": "hook_pattern",
    "scores": "hook_attn_scores",
    "q": "hook_q",
    "k": "hook_k",
    "v": "hook_v",
    "z": "hook_z",
}


class TransformerBridge:
    """GPT-2 as TransformerLens runs it (its `TransformerBridge`, raw Hugging Face weights)."""

    def __init__(self, name: str, directory: Path, device: torch.device) -> None:
        # these take seconds to import, and only the baseline needs them
        from transformer_lens.model_bridge import TransformerBridge as Bridge
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.name = name
        self.config: ModelConfig = read_config(directory)
        self.tokenizer = Tokenizer.from_directory(directory)
        self.device = device
        self.dtype = torch.float32
        hf = AutoModelForCausalLM.from_pretrained(
            directory, dtype=self.dtype, local_files_only=True, use_safetensors=True
        )
        hf_tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        self._bridge = Bridge.boot_transformers(
            self.name, hf_model=hf.to(device).eval(), tokenizer=hf_tokenizer, device=str(device)
        )

    def record(self, ids: Tensor, names: Iterable[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits (s, w) and each named array over the layers; names without a hook are left out."""
        wanted = {name: HOOKS[name] for name in names if name in HOOKS}
        layers = range(self.config.num_hidden_layers)
        hooks = [f"blocks.{i}.attn.{hook}" for hook in wanted.values() for i in layers]
        with torch.inference_mode():
            logits, cache = self._bridge.run_with_cache(ids, names_filter=hooks)
        recorded = {}
        for name, hook in wanted.items():
            stacked = torch.cat([cache[f"blocks.{i}.attn.{hook}"] for i in layers])
            square = name in ("pattern", "scores")
            recorded[name] = stacked if square else stacked.transpose(1, 2)
        return logits[0], recorded


def baseline(
    name_or_directory: str | Path, device: str | torch.device | None = None
) -> TransformerBridge:
    """GPT-2 through TransformerLens, ready for `trace`.

    `scores` come as TransformerLens keeps them, with future keys at minus infinity.

    Raises:
        CheckpointError: the directory cannot be opened, or holds no GPT-2.
    """
    directory = locate(name_or_directory)
    config = read_config(directory)
    if config.model_type != "gpt2":
        raise CheckpointError.of(
            "other_baseline", directory=str(directory), model_type=config.model_type
        )
    chosen = torch.device(device) if device is not None else default_device()
    return TransformerBridge(title(name_or_directory), directory, chosen)
