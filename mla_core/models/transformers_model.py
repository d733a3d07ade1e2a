"""Large MLA models: the body that transformers builds, our attention and our cache inside.

transformers knows the embeddings, norms, experts and output layers of each family, and keeps the
compressed latent; but it rebuilds every key and value from it at every step. So its attention
modules are taken out and ours put in their place, with the same weights: naive and absorbed path,
recorder, latent cache and kernel work as in the small models.

A call's rotation, mode, cache and recorder travel through transformers' code as one keyword
argument, `call`; no model keeps anything of a run.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mla_core.attention.cache import Cache
from mla_core.attention.latent import MultiHeadLatentAttention
from mla_core.attention.layer import Mode
from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import Rotation
from mla_core.attention.rope_config import RopeConfig
from mla_core.models.config import CheckpointError, ModelConfig
from mla_core.models.devices import need_room
from mla_core.models.language_model import LanguageModel, RotaryLanguageModel
from mla_core.models.llama import build_attention
from mla_core.models.transformers_classes import TRANSFORMERS_CLASSES
from mla_core.models.weights import check_finite, count_numbers


@dataclass(frozen=True)
class Call:
    """What one forward pass takes along (see `LanguageModel.forward`)."""

    rotation: Rotation
    mode: Mode
    cache: Cache | None
    record: Recorder | None


class AttentionAdapter(nn.Module):
    """Our attention in the place of transformers' module, called as that one is."""

    def __init__(self, attention: MultiHeadLatentAttention, layer: int) -> None:
        super().__init__()
        self.attention, self.layer = attention, layer

    def forward(self, hidden_states: Tensor, *, call: Call, **_: Any) -> tuple[Tensor, None]:
        cos, sin = (table.to(hidden_states.device) for table in call.rotation)
        cache = None if call.cache is None else call.cache[self.layer]
        out = self.attention(
            hidden_states, (cos, sin), mode=call.mode, cache=cache, record=call.record
        )
        return out, None


def wrap(theirs: Any, config: ModelConfig) -> MultiHeadLatentAttention:
    """Our attention over the weights of one of transformers' modules; nothing is copied."""
    with torch.device("meta"):
        ours = build_attention(config, layer=0)
    assert isinstance(ours, MultiHeadLatentAttention)
    for name, part in theirs.named_children():
        if name not in dict(ours.named_children()):
            raise ValueError(f"its attention has a part that is not known here: {name}")
        setattr(ours, name, part)
    ours.scale = float(theirs.scaling)
    return ours


class TransformersModel(RotaryLanguageModel):
    """A causal language model of transformers' with our attention in every layer.

    Args:
        config: what its `config.json` said, in our words.
        body: from `AutoModelForCausalLM`, its weights in place; it is changed.
    """

    rope_cos: Tensor
    rope_sin: Tensor

    def __init__(self, config: ModelConfig, body: Any) -> None:
        super().__init__(config)
        self.body = body
        for layer in body.model.layers:
            _fuse_norms(layer)
        cos, sin = _rotation(body.model.rotary_emb, config.max_position_embeddings)
        self.register_buffer("rope_cos", cos, persistent=False)
        self.register_buffer("rope_sin", sin, persistent=False)
        for i, layer in enumerate(body.model.layers):
            layer.self_attn = AttentionAdapter(wrap(layer.self_attn, config), i)
            layer.register_forward_pre_hook(_put_residual, with_kwargs=True)

    @classmethod
    def from_directory(
        cls,
        directory: Path,
        config: ModelConfig,
        device: str | torch.device | None,
        dtype: torch.dtype | None,
    ) -> LanguageModel:
        """Safetensors only, no code of its own, nothing fetched.

        Args:
            config: of the directory.
            device: all GPUs unless said otherwise, else the CPU.
            dtype: bfloat16 on GPUs unless said otherwise, float32 on the CPU.

        Raises:
            CheckpointError: a file is missing or damaged, the weights do not fit into the memory,
                or they are not those of the configuration.
        """
        return cls(config, open_body(directory, config, device, dtype))

    def with_shared_weights(self, config: ModelConfig | None = None) -> LanguageModel:
        """See `LanguageModel`.

        Raises:
            ValueError: there is a latent already, and nothing else to be made of it.
        """
        raise ValueError(f"{self.name} keeps a latent already; convert a gpt2 or a llama")

    def attention_path(self, layer: int) -> str:
        return f"body.model.layers.{layer}.self_attn.attention"

    def input_norm(self, layer: int) -> nn.Module:
        return self.get_submodule(f"body.model.layers.{layer}.input_layernorm")

    @property
    def token_embedding(self) -> nn.Parameter:
        found: nn.Parameter = self.body.get_input_embeddings().weight
        return found

    @property
    def position_tables(self) -> tuple[str, ...]:
        return "rope_cos", "rope_sin"

    def forward(
        self,
        ids: Tensor,
        *,
        cache: Cache | None = None,
        record: Recorder | None = None,
        mode: Mode = "naive",
    ) -> Tensor:
        start = 0 if cache is None else cache.position
        so_far = start + ids.shape[1]
        call = Call((self.rope_cos[:so_far], self.rope_sin[:so_far]), mode, cache, record)
        positions = torch.arange(start, so_far, device=ids.device)[None]
        # our attention masks by itself; a mask of four axes keeps transformers from making one,
        # for which it would wait for the GPU
        mask = torch.zeros(1, 1, 1, 1, device=ids.device)
        logits: Tensor = self.body(
            input_ids=ids, position_ids=positions, attention_mask=mask, use_cache=False, call=call
        ).logits
        return logits

    @property
    def residual_scale(self) -> float:
        return float(getattr(self.body.model.layers[0], "residual_scale", 1.0))  # MiniCPM3

    @property
    def device(self) -> torch.device:
        """Where tokens go in; with several GPUs the layers lie on others."""
        return self.token_embedding.device


def _fuse_norms(layer: nn.Module) -> None:
    """torch's RMSNorm, one kernel, for each family's own of seven; a layer has three or four."""
    for module in list(layer.modules()):
        for name, part in module.named_children():
            if type(part).__name__.endswith("RMSNorm"):
                weight = part.get_parameter("weight")
                epsilon = float(vars(part)["variance_epsilon"])
                norm = nn.RMSNorm(len(weight), epsilon, device="meta")
                norm.weight = nn.Parameter(weight, requires_grad=weight.requires_grad)
                setattr(module, name, norm)


def _put_residual(layer: Any, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
    record = named["call"].record
    if record is None:
        return
    x = positional[0] if positional else named["hidden_states"]
    record.put(residual=x)
    if layer.self_attn.layer == 0:
        record.put(embedding=x)


@torch.inference_mode(False)
def _rotation(rotary: nn.Module, positions: int) -> Rotation:
    """cos and sin of transformers' own angles, a row a position and a column a pair, float32."""
    parameter = next(rotary.buffers())
    at = torch.arange(positions, device=parameter.device)[None]
    angles = rotary(torch.zeros(1, 1, dtype=torch.float32, device=parameter.device), at)
    if isinstance(angles, Tensor):  # deepseek_v2: cos + i sin
        return angles[0].real.clone(), angles[0].imag.clone()
    cos, sin = angles
    pairs = cos.shape[-1] // 2  # each angle is there twice
    return cos[0, :, :pairs].clone(), sin[0, :, :pairs].clone()


def parse(raw: dict[str, Any]) -> ModelConfig:
    """A `config.json` of one of `TRANSFORMERS_CLASSES`, with transformers' defaults for what it lacks.

    Raises:
        ValueError: transformers refuses it.
    """
    import transformers
    from huggingface_hub.errors import StrictDataclassError

    body = getattr(transformers, TRANSFORMERS_CLASSES[raw["model_type"]])
    try:
        return config_of(body.config_class.from_dict(raw))
    except (StrictDataclassError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(_one_line(error)) from None


def config_of(found: Any) -> ModelConfig:
    """A configuration of transformers' in our words.

    Positions end where our rotation would: where a scaling by the length of the text begins.
    """
    rope = dict(found.rope_parameters or {})
    positions = found.max_position_embeddings
    if rope.get("rope_type") == "longrope" or rope.get("llama_4_scaling_beta"):
        positions = min(positions, rope.get("original_max_position_embeddings") or positions)
    return ModelConfig(
        model_type=found.model_type,
        vocab_size=found.vocab_size,
        hidden_size=found.hidden_size,
        intermediate_size=found.intermediate_size,
        num_hidden_layers=found.num_hidden_layers,
        num_attention_heads=found.num_attention_heads,
        num_key_value_heads=found.num_attention_heads,
        max_position_embeddings=positions,
        head_dim=found.qk_rope_head_dim,
        norm_eps=found.rms_norm_eps,
        hidden_act=found.hidden_act,
        tie_word_embeddings=bool(found.tie_word_embeddings),
        attention_bias=bool(getattr(found, "attention_bias", False)),
        mlp_bias=bool(getattr(found, "mlp_bias", False)),
        bos_token_id=found.bos_token_id,
        rope=RopeConfig(rope_theta=float(rope.get("rope_theta", 10_000.0))),
        kv_lora_rank=found.kv_lora_rank,
        q_lora_rank=found.q_lora_rank,
        qk_nope_head_dim=found.qk_nope_head_dim,
        qk_rope_head_dim=found.qk_rope_head_dim,
        v_head_dim=found.v_head_dim,
        rope_interleave=found.model_type == "deepseek_v2"
        or bool(getattr(found, "rope_interleave", False)),
    )


def _one_line(error: Exception) -> str:
    return " ".join((str(error) or repr(error)).split())


def open_body(
    directory: Path, config: ModelConfig, device: str | torch.device | None, dtype: torch.dtype | None
) -> Any:  # fmt: skip
    """The model as transformers has it; see `TransformersModel.from_directory`."""
    import transformers

    on_gpu = torch.cuda.is_available() if device is None else torch.device(device).type == "cuda"
    dtype = dtype or (torch.bfloat16 if on_gpu else torch.float32)
    where = torch.device(device or ("cuda" if on_gpu else "cpu"))
    need_room(str(directory), count_numbers(directory), where, dtype)
    place: Any = {"": str(device)} if device is not None else ("auto" if on_gpu else {"": "cpu"})
    kind = getattr(transformers, TRANSFORMERS_CLASSES[config.model_type])
    try:
        body, about = kind.from_pretrained(
            directory, dtype=dtype, device_map=place, use_safetensors=True, trust_remote_code=False,
            local_files_only=True, output_loading_info=True, attn_implementation="sdpa",
            ignore_mismatched_sizes=True,  # they are listed then, and refused below
        )  # fmt: skip
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = _one_line(error)
        raise CheckpointError.of("not_built", directory=str(directory), reason=reason) from None
    missing = sorted(about["missing_keys"])
    if missing:
        raise CheckpointError.of(
            "missing_tensors", directory=str(directory), count=len(missing), first=missing[0]
        )
    if about["mismatched_keys"]:
        name, file, wanted = sorted(about["mismatched_keys"])[0]
        raise CheckpointError.of(
            "other_shape", directory=str(directory), tensor=name,
            shape=str(tuple(file)), wanted=str(tuple(wanted)),
        )  # fmt: skip
    check_finite(dict(body.named_parameters()), str(directory))
    return body.eval()
