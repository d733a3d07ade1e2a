"""What a layer's attention keeps of each token, reads at each step, and computes.

Every count is a formula in `t`, the tokens so far, for one sequence and one layer.
"""

from dataclasses import dataclass
from math import ceil

SCALED = 128  # values that share one float32 scale in FlashMLA's "FP8 with scale"


@dataclass(frozen=True)
class Storage:
    """How a number of the cache is kept.

    Attributes:
        value: bytes of one number.
        scaled: a float32 scale for each 128 numbers, and rope keys left in bfloat16: FlashMLA's
            "FP8 with scale", 656 B a token and layer at 512 + 64.
    """

    value: float
    scaled: bool = False

    def bytes_of(self, numbers: int, shown: str = "") -> str:
        """The bytes of a row of numbers, as an expression; `shown` says how the numbers come about."""
        if self.scaled:
            return f"({shown or numbers} * {self.value:g} + {ceil(numbers / SCALED)} * 4)"
        return f"{shown or numbers} * {self.value:g}"


STORAGES = {
    "float32": Storage(4),
    "bfloat16": Storage(2),
    "float8": Storage(1),
    "float8 with scales": Storage(1, scaled=True),
    "6 bits": Storage(0.75),
}


@dataclass(frozen=True)
class Heads:
    """MHA, GQA or MQA, by the number of KV heads.

    Attributes:
        head_dim: of keys, and of values where `v_head_dim` is None.
        window: tokens that a query sees, its own included; None: all. One fewer is kept between
            two steps.
    """

    heads: int
    kv_heads: int
    head_dim: int
    v_head_dim: int | None = None
    window: int | None = None

    @property
    def kind(self) -> str:
        if self.kv_heads == self.heads:
            return "MHA"
        return "MQA" if self.kv_heads == 1 else "GQA"

    @property
    def width(self) -> int:
        """Of one head's key and value together."""
        return self.head_dim + (self.head_dim if self.v_head_dim is None else self.v_head_dim)

    def row(self, storage: Storage) -> str:
        """Bytes that a token adds while its layer grows: 2 h k, 2 g k, 2 k (DeepSeek-V2, Table 1)."""
        if self.v_head_dim in (None, self.head_dim):
            shown = f"2 * {self.kv_heads} * {self.head_dim}"
        else:
            shown = f"{self.kv_heads} * ({self.head_dim} + {self.v_head_dim})"
        return storage.bytes_of(self.kv_heads * self.width, shown)

    def kept(self, storage: Storage) -> str:
        """Bytes in the cache after t tokens."""
        tokens = "t" if self.window is None else f"min(t, {self.window - 1})"
        return f"{tokens} * {self.row(storage)}"

    def read(self, storage: Storage) -> str:
        """Bytes that the next token's attention reads."""
        return self.kept(storage)

    def flops(self) -> str:
        """Of scores and sum: two for each multiply-add."""
        tokens = "t" if self.window is None else f"min(t, {self.window})"
        return f"2 * {tokens} * {self.heads} * {self.width}"


@dataclass(frozen=True)
class Latent:
    """MLA, decoded absorbed (DeepSeek-V2, equations 9-19).

    Attributes:
        index_head_dim: of the sparse indexer's extra keys, one a token, shared by its
            `index_heads`; 0: no indexer.
        index_top_k: latents that a query then reads.
    """

    heads: int
    kv_lora_rank: int
    qk_rope_head_dim: int
    qk_nope_head_dim: int
    v_head_dim: int
    index_head_dim: int = 0
    index_heads: int = 0
    index_top_k: int = 0

    kind = "MLA"

    def _latent(self, storage: Storage) -> str:
        if storage.scaled:
            return f"({storage.bytes_of(self.kv_lora_rank)} + {self.qk_rope_head_dim} * 2)"
        return f"({self.kv_lora_rank} + {self.qk_rope_head_dim}) * {storage.value:g}"

    def row(self, storage: Storage) -> str:
        if not self.index_head_dim:
            return self._latent(storage)
        return f"({self._latent(storage)} + {storage.bytes_of(self.index_head_dim)})"

    def kept(self, storage: Storage) -> str:
        return f"t * {self.row(storage)}"

    def read(self, storage: Storage) -> str:
        if not self.index_head_dim:
            return self.kept(storage)
        latents = f"min(t, {self.index_top_k}) * {self._latent(storage)}"
        return f"({latents} + t * {storage.bytes_of(self.index_head_dim)})"

    def flops(self) -> str:
        """Scores against c + r numbers a key, sum over c; the indexer's scores beside them."""
        width = 2 * self.kv_lora_rank + self.qk_rope_head_dim
        if not self.index_head_dim:
            return f"2 * t * {self.heads} * {width}"
        index = f"2 * t * {self.index_heads} * {self.index_head_dim}"
        return f"(2 * min(t, {self.index_top_k}) * {self.heads} * {width} + {index})"

    def as_mha(self) -> Heads:
        """The counterfactual of "57x": as many heads, keys and values of v_head_dim each."""
        return Heads(self.heads, self.heads, self.v_head_dim)

    def rebuilt(self) -> Heads:
        """The cache of MLA without its compression: every head's own key, rope part and value."""
        key = self.qk_nope_head_dim + self.qk_rope_head_dim
        return Heads(self.heads, self.heads, key, self.v_head_dim)


@dataclass(frozen=True)
class Compressed:
    """DeepSeek-V4's attention: one shared key = value, a short window, and compressed entries.

    `rate` tokens become one entry: 4 (CSA, with an indexer) or 128 (HCA, without). The at most
    `rate` tokens that wait for compression are not counted.
    """

    heads: int
    head_dim: int
    window: int
    rate: int
    index_head_dim: int = 0
    index_heads: int = 0
    index_top_k: int = 0

    @property
    def kind(self) -> str:
        return "CSA" if self.index_head_dim else "HCA"

    def _entry(self, storage: Storage) -> str:
        """Bytes of one compressed entry, with its indexer's key."""
        if not self.index_head_dim:
            return storage.bytes_of(self.head_dim)
        return f"({storage.bytes_of(self.head_dim)} + {storage.bytes_of(self.index_head_dim)})"

    def _window(self, storage: Storage) -> str:
        return f"min(t, {self.window - 1}) * {storage.bytes_of(self.head_dim)}"

    def row(self, storage: Storage) -> str:
        return f"{self._entry(storage)} / {self.rate}"

    def kept(self, storage: Storage) -> str:
        return f"({self._window(storage)} + t // {self.rate} * {self._entry(storage)})"

    def read(self, storage: Storage) -> str:
        if not self.index_head_dim:
            return self.kept(storage)
        entries = f"min(t // {self.rate}, {self.index_top_k}) * {storage.bytes_of(self.head_dim)}"
        index = f"t // {self.rate} * {storage.bytes_of(self.index_head_dim)}"
        return f"({self._window(storage)} + {entries} + {index})"

    def flops(self) -> str:
        entries, index = f"t // {self.rate}", ""
        if self.index_head_dim:
            index = f" + 2 * ({entries}) * {self.index_heads} * {self.index_head_dim}"
            entries = f"min({entries}, {self.index_top_k})"
        seen = f"(min(t, {self.window}) + {entries})"
        return f"(4 * {seen} * {self.heads} * {self.head_dim}{index})"


@dataclass(frozen=True)
class State:
    """Linear attention: a state of one size, however long the text.

    Attributes:
        convolution: numbers, kept like the rest of the cache.
        recurrent: numbers, kept in float32.
    """

    heads: int
    convolution: int
    recurrent: int

    kind = "linear"

    def row(self, storage: Storage) -> str:
        return "0"

    def kept(self, storage: Storage) -> str:
        return f"({storage.bytes_of(self.convolution)} + {self.recurrent} * 4)"

    def read(self, storage: Storage) -> str:
        return self.kept(storage)

    def flops(self) -> str:
        """One product to write the state, one to read it."""
        return f"4 * {self.recurrent}"


Attention = Heads | Latent | Compressed | State
