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
from mla_core.attention.latent import Mode, MultiHeadLatentAttention
from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import Rotation
from mla_core.attention.rope_config import RopeConfig
from mla_core.models.config import CheckpointError, ModelConfig, read_json
from mla_core.models.device import free_and_total
from mla_core.models.directory import weight_files
from mla_core.models.files import check_finite, open_file
from mla_core.models.language_model import LanguageModel
from mla_core.models.llama import build_attention

BODIES = {
    "minicpm3": "MiniCPM3ForCausalLM",
    "youtu": "YoutuForCausalLM",
    "deepseek_v2": "DeepseekV2ForCausalLM",
    "deepseek_v3": "DeepseekV3ForCausalLM",
    "glm4_moe_lite": "Glm4MoeLiteForCausalLM",
    "mistral4": "Mistral4ForCausalLM",
}
ROOM = 1.1  # times the weights: what a first text needs beside them
GB = 1e9


@dataclass(frozen=True)
class Call:
    """What one forward pass takes along (see `LanguageModel.forward`)."""

    rotation: Rotation
    mode: Mode
    cache: Cache | None
    record: Recorder | None


class Seat(nn.Module):
    """In the place of transformers' attention module, called as that one is."""

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


def adopt(theirs: Any, config: ModelConfig) -> MultiHeadLatentAttention:
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


class Borrowed(LanguageModel):
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
            layer.self_attn = Seat(adopt(layer.self_attn, config), i)
            layer.register_forward_pre_hook(_put_residual, with_kwargs=True)

    def sublayer(self, layer: int) -> tuple[nn.Module, nn.Module]:
        block = self.body.model.layers[layer]
        return block.input_layernorm, block.self_attn.attention

    def output_projection(self, layer: int) -> nn.Module:
        found: nn.Module = self.body.model.layers[layer].self_attn.attention.o_proj
        return found

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
    def rope_tables(self) -> tuple[str, str]:
        return "rope_cos", "rope_sin"

    @property
    def residual_scale(self) -> float:
        return float(getattr(self.body.model.layers[0], "residual_scale", 1.0))  # MiniCPM3

    @property
    def device(self) -> torch.device:
        """Where tokens go in; with several GPUs the layers lie on others."""
        found: torch.device = self.body.get_input_embeddings().weight.device
        return found


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


def read_borrowed(directory: Path) -> ModelConfig:
    """``directory/config.json`` of one of `BODIES`, with transformers' defaults for what it lacks.

    Raises:
        CheckpointError: transformers refuses it, or its weights are quantised.
    """
    import transformers
    from huggingface_hub.errors import StrictDataclassError

    path, raw = directory / "config.json", read_json(directory)
    if raw.get("quantization_config"):
        raise CheckpointError(f"{path}: its weights are quantised; only whole ones are opened here")
    body = getattr(transformers, BODIES[raw["model_type"]])
    try:
        return config_of(body.config_class.from_dict(raw))
    except (StrictDataclassError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: {_one_line(error)}") from None


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


def open_borrowed(
    directory: Path, config: ModelConfig, device: str | torch.device | None, dtype: torch.dtype | None
) -> Borrowed:  # fmt: skip
    """Opens a directory of one of `BODIES`: safetensors only, no code of its own, nothing fetched.

    Args:
        config: from `read_borrowed`.
        device: all GPUs unless said otherwise, else the CPU.
        dtype: bfloat16 on GPUs unless said otherwise, float32 on the CPU.

    Raises:
        CheckpointError: a file is missing or damaged, the weights do not fit into the memory, or
            they are not those of the configuration.
    """
    import transformers

    on_gpu = torch.cuda.is_available() if device is None else torch.device(device).type == "cuda"
    dtype = dtype or (torch.bfloat16 if on_gpu else torch.float32)
    check_room(directory, torch.device(device or ("cuda" if on_gpu else "cpu")), dtype)
    place: Any = {"": str(device)} if device is not None else ("auto" if on_gpu else {"": "cpu"})
    kind = getattr(transformers, BODIES[config.model_type])
    try:
        body, about = kind.from_pretrained(
            directory, dtype=dtype, device_map=place, use_safetensors=True, trust_remote_code=False,
            local_files_only=True, output_loading_info=True, attn_implementation="sdpa",
            ignore_mismatched_sizes=True,  # they are listed then, and refused below
        )  # fmt: skip
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = _one_line(error)
        raise CheckpointError(f"{directory} cannot be built by transformers: {reason}") from None
    missing = sorted(about["missing_keys"])
    if missing:
        raise CheckpointError(
            f"{directory} lacks {len(missing)} tensors, the first is {missing[0]}"
        )
    if about["mismatched_keys"]:
        name, file, wanted = sorted(about["mismatched_keys"])[0]
        raise CheckpointError(
            f"{directory}: {name} has shape {tuple(file)}, config.json asks for {tuple(wanted)}"
        )
    check_finite(dict(body.named_parameters()), str(directory))
    return Borrowed(config, body.eval())


def check_room(directory: Path, device: torch.device, dtype: torch.dtype) -> None:
    """Opens every file of weights and counts what they will take.

    Raises:
        CheckpointError: a file is missing or cut short, or the memory does not suffice.
    """
    need_room(str(directory), numbers_in(directory), device, dtype)


def numbers_in(directory: Path) -> int:
    """How many there are in all files of weights, from their headers.

    Raises:
        CheckpointError: a file is missing or cut short.
    """
    numbers = 0
    for path in weight_files(directory):
        with open_file(path) as file:
            for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                numbers += torch.Size(file.get_slice(name).get_shape()).numel()
    return numbers


def need_room(what: str, numbers: int, device: torch.device, dtype: torch.dtype) -> None:
    """Says so before anything is begun that the memory cannot hold.

    Raises:
        CheckpointError: so many numbers do not fit.
    """
    needed, (free, _) = ROOM * numbers * dtype.itemsize, free_and_total(device)
    if needed > free:
        raise CheckpointError(
            f"{what} needs {needed / GB:.1f} GB of memory in {str(dtype).split('.')[1]}; "
            f"{free / GB:.1f} GB are free"
        )
