"""A kind that transformers does not know: its fields are taken at their names, and nothing is filled in.

Only what is understood counts. Every field that could decide what a cache keeps is either read
here, known to be harmless, or named in a refusal.
"""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from mla_core.arithmetic.architectures.attention import Attention, Compressed, Heads, Latent
from mla_core.arithmetic.architectures.config_file import (
    LIMITS,
    OLD_NAMES,
    ConfigError,
    check_types,
    shown,
)
from mla_core.arithmetic.architectures.harmless_fields import deciding, is_off
from mla_core.records.problem import Said

# the same things under other names; each as its makers' own modelling code reads it
ALIASES = OLD_NAMES | {
    "attention_kv_lora_dim": "kv_lora_rank",  # openPangu-Ultra-MoE, modeling_openpangu_moe.py
    "attention_qk_dim": "qk_nope_head_dim",
    "attention_qk_rope_dim": "qk_rope_head_dim",
    "attention_v_dim": "v_head_dim",
    "num_kv_heads": "num_key_value_heads",  # Falcon, configuration_falcon.py
    "n_head_kv": "num_key_value_heads",  # the first Falcon 40B, configuration_RW.py
    "n_kv_heads": "num_key_value_heads",  # Meta's params.json
    "kv_channels": "head_dim",  # Megatron; ChatGLM2 and Qwen 1, modeling_chatglm.py
    "seq_length": "max_position_embeddings",  # ChatGLM2 and Qwen 1
    "max_sequence_length": "max_position_embeddings",
    "max_seq_len": "max_position_embeddings",
}
PLAIN, WINDOW = "full_attention", "sliding_attention"
LATENT_SIZES = ("qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim")
INDEXER = ("index_head_dim", "index_n_heads", "index_topk")
# linear layers among others: MiniMax (modeling_minimax_text_01.py), Ring (modeling_bailing_moe_linear.py)
WITH_STATES = ("layer_group_size", "attn_type_list")


class Reader:
    """The fields of one part, and which of them were understood so far."""

    def __init__(self, model_type: str, fields: Mapping[str, Any]) -> None:
        self.model_type = model_type
        self.said: dict[str, Any] = {}
        self.names: dict[str, str] = {}  # as the file calls it
        for name, value in fields.items():
            known = ALIASES.get(name, name)
            if isinstance(value, list) and known != name:
                known = name  # a list, one entry a layer, is another thing
            if self.said.get(known) is not None and value is not None and self.said[known] != value:
                raise ConfigError.of(
                    "twice", first=self.names[known], value=shown(self.said[known]),
                    second=name, other=shown(value),
                )  # fmt: skip
            if value is not None or known not in self.said:
                self.said[known], self.names[known] = value, name
        self.understood: set[str] = set()
        check_types(self.said)

    def has(self, field: str) -> bool:
        """Whether it is there and says more than "none"; it counts as understood."""
        self.understood.add(field)
        return not is_off(field, self.said.get(field))

    def value(self, field: str) -> Any:
        self.understood.add(field)
        return self.said.get(field)

    def size(self, field: str) -> int:
        value = self.value(field)
        if value is None:
            raise ConfigError.of("missing", field=field, kind=shown(self.model_type))
        if type(value) is not int or not 1 <= value <= LIMITS.get(field, 10**9):
            self.refuse("no_size", field)
        return int(value)

    def refuse(self, key: str, field: str, **values: Said) -> NoReturn:
        """Names a field and what it says; the key is one of `UNKNOWN_KIND`."""
        raise ConfigError.of(
            key, field=shown(self.names.get(field, field)), value=shown(self.said.get(field)),
            model_type=shown(self.model_type), **values,
        )  # fmt: skip


def by_names(
    model_type: str, fields: Mapping[str, Any], reason: str
) -> tuple[list[Attention], int | None, list[str]]:
    """Its layers, its context, and a note that says the reason.

    Raises:
        ConfigError: a field is missing, or one that could decide is not understood.
    """
    read = Reader(model_type, fields)
    layers = _layers(read)
    context = read.value("max_position_embeddings")
    for field, value in read.said.items():
        if field not in read.understood and deciding(field) and not is_off(field, value):
            read.refuse("not_understood", field)
    if not layers:
        raise ConfigError.of("keeps_nothing")
    return layers, context, [f"{reason}: its fields are taken at their names."]


def _layers(read: Reader) -> list[Attention]:
    """The first of these that is in the file says what its layers are."""
    described: dict[str, Callable[[Reader, int], list[Attention]]] = {
        "block_configs": _blocks,
        "compress_ratios": _compressed,
        "num_key_value_heads_per_layer": _heads_of_each,
        "num_kv_heads": _heads_of_each,  # a list: a number is num_key_value_heads
    }
    count = read.size("num_hidden_layers")
    for field in WITH_STATES:
        if read.has(field):
            read.refuse("keeps_states", field)
    for field, reading in described.items():
        if field in read.said and read.has(field):
            return reading(read, count)
    attention = _attention(read)
    kinds = _kinds(read, count, attention)
    layers = [attention[kind] for kind in kinds]
    return layers[:: _shared(read)]


def _blocks(read: Reader, count: int) -> list[Attention]:
    """Nemotron NAS: each block says how many query heads share a key (modeling_decilm.py)."""
    blocks = read.value("block_configs")
    heads = read.size("num_attention_heads")
    head_dim = _head_dim(read, heads)
    read.has("num_key_value_heads")  # the blocks go before it
    if not isinstance(blocks, list) or len(blocks) != count:
        read.refuse("a_block_each", "block_configs", count=count)
    layers: list[Attention] = []
    for block in blocks:
        attention = block.get("attention") if isinstance(block, dict) else None
        if not isinstance(attention, dict):
            read.refuse("bare_block", "block_configs")
        group = attention.get("n_heads_in_group")
        if attention.get("no_op") is True or attention.get("replace_with_linear") is True:
            continue
        rest = {name: value for name, value in attention.items() if name != "n_heads_in_group"}
        if any(not is_off(name, value) for name, value in rest.items()):
            found = next(name for name, value in rest.items() if not is_off(name, value))
            read.refuse("block_field", "block_configs", inside=shown(found))
        if type(group) is not int or group < 1 or heads % group:
            read.refuse("block_group", "block_configs", group=shown(group), heads=heads)
        layers.append(Heads(heads, heads // group, head_dim))
    return layers


def _compressed(read: Reader, count: int) -> list[Attention]:
    """DeepSeek-V4: 0 is a layer with a window only, 4 has an indexer, 128 has none (transformers'
    configuration_deepseek_v4.py); entries beyond the layers are of those that predict ahead."""
    rates = read.value("compress_ratios")
    if not isinstance(rates, list) or len(rates) < count:
        read.refuse("a_rate_each", "compress_ratios", count=count)
    heads, head_dim = read.size("num_attention_heads"), read.size("head_dim")
    window = _positive_window(read)
    if read.size("num_key_value_heads") != 1:
        read.refuse("one_shared_key", "num_key_value_heads")
    read.has("qk_rope_head_dim")  # a part of head_dim
    kinds: dict[Any, Attention] = {0: Heads(heads, 1, head_dim, window=window)}
    if 4 in rates[:count]:
        kinds[4] = Compressed(heads, head_dim, window, 4, *(read.size(name) for name in INDEXER))
    else:
        read.understood.update(INDEXER)
    kinds[128] = Compressed(heads, head_dim, window, 128)
    for rate in rates[:count]:
        if type(rate) is not int or rate not in kinds:
            read.refuse("rate", "compress_ratios", rate=shown(rate))
    return [kinds[rate] for rate in rates[:count]]


def _heads_of_each(read: Reader, count: int) -> list[Attention]:
    """One number of KV heads a layer: DeciLM, and OpenELM with one of query heads beside it."""
    field = next(one for one in ("num_key_value_heads_per_layer", "num_kv_heads") if read.has(one))
    many = read.value(field)
    read.has("num_key_value_heads")  # the list goes before it
    queries = read.value("num_query_heads")
    if queries is None:
        queries = [read.size("num_attention_heads")] * count
        head_dim = _head_dim(read, queries[0])
    else:
        head_dim = read.size("head_dim")
    layers: list[Attention] = []
    for name, values in ((field, many), ("num_query_heads", queries)):
        whole = isinstance(values, list) and len(values) == count
        if not whole or not all(
            type(one) is int and 0 < one <= LIMITS["num_attention_heads"] for one in values
        ):
            read.refuse("a_number_each", name, count=count)
    for own, of in zip(many, queries, strict=True):
        if of % own:
            read.refuse("uneven_layer", field, own=own, heads=of)
        layers.append(Heads(of, own, head_dim))
    return layers


def _attention(read: Reader) -> dict[str, Attention]:
    """What a plain layer and one with a window keep; a model of one kind has only the first."""
    heads = read.size("num_attention_heads")
    if _has_latent(read):
        read.has("num_key_value_heads"), read.has("head_dim"), read.has("hidden_size")
        rank, rope, value = (
            read.size("kv_lora_rank"), read.value("qk_rope_head_dim"), read.size("v_head_dim")
        )  # fmt: skip
        if rope is None:
            read.size("qk_rope_head_dim")
        nope = read.value("qk_nope_head_dim") or 0
        indexer = [read.size(name) for name in INDEXER] if any(map(read.has, INDEXER)) else []
        return {PLAIN: Latent(heads, rank, rope, nope, value, *indexer)}
    for field in LATENT_SIZES:
        if read.has(field):
            read.refuse("no_latent", field)
    kv_heads = _kv_heads(read, heads)
    head_dim = _head_dim(read, heads)
    return {PLAIN: Heads(heads, kv_heads, head_dim)}


def _has_latent(read: Reader) -> bool:
    """`use_mla` false goes before the sizes of a latent (DeepSeek-VL2, modeling_deepseek.py)."""
    if "use_mla" in read.said and read.value("use_mla") is not None:
        if type(read.said["use_mla"]) is not bool:
            read.refuse("no_switch", "use_mla")
        if not read.said["use_mla"]:
            read.understood.update(("kv_lora_rank", *LATENT_SIZES))
            for field in LATENT_SIZES:
                read.said[field] = None
            return False
        read.size("kv_lora_rank")
    return read.has("kv_lora_rank")


def _kv_heads(read: Reader, heads: int) -> int:
    """ChatGLM2 names groups and a switch (modeling_chatglm.py), the first Falcons a switch alone."""
    many = read.said.get("num_key_value_heads")
    if "multi_query_attention" in read.said:
        on = read.value("multi_query_attention")
        groups = read.size("multi_query_group_num") if on is True else heads
        read.has("multi_query_group_num")
        if type(on) is not bool or (many is not None and many != groups):
            read.refuse("two_groups", "multi_query_attention")
        many = groups
        read.said.setdefault("num_key_value_heads", groups)
    switch = read.value("multi_query")
    if switch is not None and (many is None or (switch is True) != (many == 1)):
        read.refuse("how_many_share", "multi_query")
    if many is None:
        raise ConfigError.of("missing_kv_heads", kind=shown(read.model_type))
    found = read.size("num_key_value_heads")
    if heads % found:
        raise ConfigError.of("uneven_groups", kv_heads=found, heads=heads)
    return found


def _head_dim(read: Reader, heads: int) -> int:
    read.understood.add("hidden_size")
    if read.value("head_dim") is not None:
        return read.size("head_dim")
    hidden_size = read.size("hidden_size")
    if hidden_size % heads:
        raise ConfigError.of("uneven_width", hidden_size=hidden_size, heads=heads)
    return hidden_size // heads


def _kinds(read: Reader, count: int, attention: dict[str, Attention]) -> list[str]:
    """Which layers have a window: as `layer_types` says, or Qwen2's switch and first layers."""
    kinds = read.value("layer_types")
    switch = read.value("use_sliding_window") if "use_sliding_window" in read.said else None
    if switch not in (None, True, False):
        read.refuse("no_switch", "use_sliding_window")
    if kinds:
        if len(kinds) != count:
            read.refuse("a_word_each", "layer_types", count=count)
        strange = next((kind for kind in kinds if kind not in (PLAIN, WINDOW)), None)
        if strange is not None:
            read.refuse("strange_layer", "layer_types", kind=shown(strange))
        if WINDOW not in kinds:
            read.understood.update(("sliding_window", "max_window_layers"))
            return list(kinds)
        if switch is False:
            read.refuse("window_off", "use_sliding_window")
        read.understood.add("max_window_layers")
    elif switch is False or not read.has("sliding_window"):
        if switch:
            read.refuse("window_length", "use_sliding_window")
        read.understood.update(("sliding_window", "max_window_layers"))
        return [PLAIN] * count
    elif switch and read.value("max_window_layers") is not None:
        first = int(read.said["max_window_layers"])
        kinds = [WINDOW if index >= first else PLAIN for index in range(count)]
    else:
        read.refuse("which_windows", "sliding_window")
    window = _positive_window(read)
    plain = attention[PLAIN]
    if not isinstance(plain, Heads):
        read.refuse("window_of_latent", "sliding_window")
    attention[WINDOW] = Heads(plain.heads, plain.kv_heads, plain.head_dim, window=window)
    return list(kinds)


def _positive_window(read: Reader) -> int:
    window = read.size("sliding_window")
    if window < 2:
        read.refuse("short_window", "sliding_window")
    return window


def _shared(read: Reader) -> int:
    """Hunyuan-Large: of so many layers in a row the first keeps, the rest read it
    (modeling_hunyuan.py, `layer_idx % cla_share_factor`)."""
    if not read.has("use_cla"):
        read.understood.add("cla_share_factor")
        return 1
    if read.said["use_cla"] is not True:
        read.refuse("no_switch", "use_cla")
    if read.value("cla_share_factor") is None:
        raise ConfigError.of("missing_share_factor", kind=shown(read.model_type))
    factor = read.size("cla_share_factor")
    if factor > LIMITS["num_hidden_layers"]:
        read.refuse("no_size", "cla_share_factor")
    return factor
