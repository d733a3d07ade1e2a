"""The KV cache: what an attention layer keeps of every token it has seen.

A `LayerCache` does not know which attention it serves. MHA, GQA and MQA put `k` and `v` into it,
MLA puts `c_kv` and `k_rope` (DeepSeek-V2, boxed in equations 41 and 43) and nothing else. Tokens
lie along the last but one axis, so one class serves both.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

# the types that a cache can be kept in, by their names
STORAGES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp8": torch.float8_e4m3fn}


class LayerCache:
    """The growing rows of one layer, and a count of the bytes that went in and out.

    Args:
        storage: the type that rows are kept in, e.g. ``torch.bfloat16`` or
            ``torch.float8_e4m3fn``; that of the rows themselves unless said otherwise. What is
            read comes back in the type of the new rows, rounded.

    Attributes:
        length: tokens held.
        forgotten: older tokens that were dropped; their positions are not given out again.
        bytes_written, bytes_read: totals over all calls of `append`, in the storage type.
    """

    def __init__(self, storage: torch.dtype | None = None) -> None:
        self.storage = storage
        self.length = 0
        self.forgotten = 0
        self.bytes_written = 0
        self.bytes_read = 0
        self._buffers: dict[str, Tensor] = {}

    def append(self, **rows: Tensor) -> tuple[Tensor, ...]:
        """Writes new rows (..., new, width) and returns everything held (..., length, width).

        Args:
            rows: one tensor a name, e.g. ``k=`` and ``v=``; the same names in every call.

        Returns:
            Views of the filled part, in the order of the arguments. Attention reads all of them,
            so they count as read.

        Raises:
            ValueError: the names differ from those of the first call.
        """
        if self._buffers and rows.keys() != self._buffers.keys():
            raise ValueError(f"this cache holds {sorted(self._buffers)}, not {sorted(rows)}")
        start = self.length
        self.length += next(iter(rows.values())).shape[-2]
        for name, new in rows.items():
            stored = self._stored(new)
            self._reserve(name, stored)
            self._buffers[name][..., start : self.length, :] = stored
            self.bytes_written += stored.nbytes
        held = tuple(self[name] for name in rows)
        self.bytes_read += sum(view.nbytes for view in held)
        return tuple(view.to(new.dtype) for view, new in zip(held, rows.values(), strict=True))

    def _stored(self, new: Tensor) -> Tensor:
        if self.storage is None or self.storage == new.dtype:
            return new
        most = torch.finfo(self.storage).max  # beyond it float8 knows only NaN
        return new.clamp(-most, most).to(self.storage)

    def fill(self, forgotten: int, **rows: Tensor) -> None:
        """Takes rows (..., length, width) that were saved, as they are."""
        self.length = next(iter(rows.values())).shape[-2]
        self.forgotten = forgotten
        self._buffers = rows

    def crop(self, length: int) -> None:
        """Drops the newest tokens, so that `length` remain."""
        self.length = min(length, self.length)

    def forget(self, tokens: int) -> None:
        """Drops the oldest tokens; the others keep their positions."""
        tokens = min(tokens, self.length)
        for name in self:
            self._buffers[name] = self[name][..., tokens:, :].clone()
        self.length -= tokens
        self.forgotten += tokens

    def _reserve(self, name: str, like: Tensor) -> None:
        """Doubles the buffer when it is full: n steps copy O(n) rows, not O(n^2)."""
        old = self._buffers.get(name)
        if old is not None and old.shape[-2] >= self.length:
            return
        capacity = max(32, 2 * self.length)
        new = like.new_empty(*like.shape[:-2], capacity, like.shape[-1])
        if old is not None:
            new[..., : old.shape[-2], :] = old
        self._buffers[name] = new

    def __getitem__(self, name: str) -> Tensor:
        return self._buffers[name][..., : self.length, :]

    def __iter__(self) -> Iterator[str]:
        return iter(self._buffers)

    def nbytes_of(self, tokens: int) -> int:
        """Bytes of the first `tokens` rows, from the tensors themselves."""
        return sum(self[name][..., :tokens, :].nbytes for name in self)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows held (unused capacity not counted)."""
        return self.nbytes_of(self.length)


class Cache(tuple[LayerCache, ...]):
    """One `LayerCache` for each layer of a model."""

    __slots__ = ()

    @classmethod
    def empty(cls, num_layers: int, storage: torch.dtype | None = None) -> "Cache":
        return cls(LayerCache(storage) for _ in range(num_layers))

    @property
    def length(self) -> int:
        return self[0].length

    @property
    def position(self) -> int:
        """Of the next token: those that were forgotten count."""
        return self[0].forgotten + self.length

    def crop(self, length: int) -> None:
        """Drops the newest tokens of every layer, so that `length` remain."""
        for layer in self:
            layer.crop(length)

    def forget(self, tokens: int) -> None:
        """Drops the oldest tokens of every layer; the others keep their positions."""
        for layer in self:
            layer.forget(tokens)

    def nbytes_of(self, tokens: int) -> int:
        return sum(layer.nbytes_of(tokens) for layer in self)

    @property
    def nbytes(self) -> int:
        return self.nbytes_of(self.length)

    @property
    def bytes_written(self) -> int:
        return sum(layer.bytes_written for layer in self)

    @property
    def bytes_read(self) -> int:
        return sum(layer.bytes_read for layer in self)


def causal_mask(s: int, t: int, device: torch.device) -> Tensor:
    """(s, t), True where key t lies in the future of query s; the queries are the last s keys."""
    return torch.ones(s, t, dtype=torch.bool, device=device).triu(t - s + 1)
