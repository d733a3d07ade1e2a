"""The one base of what is recorded: closed to changes, with a size, a file, and no pickle.

A file is one compressed .npz: the arrays under their place in the record ("trace.arrays.pattern"),
everything else as JSON beside them. Loading follows the types of the record's fields.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from types import UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from mla_core.records.problem import Problem

T = TypeVar("T")
R = TypeVar("R", bound="Record")
POINTER_BYTES = 8  # of whatever is neither an array nor a text: what a number takes


class RecordError(Problem, ValueError):
    """A recording that cannot be read; the message says which and why."""

    sentences: ClassVar[Mapping[str, str]] = {
        "missing": "{file} does not exist",
        "damaged": "{file} is not a recording, or is damaged: {reason}",
    }


class Frozen(Mapping[str, T]):
    """A mapping that cannot be changed; unlike `MappingProxyType` it can be pickled."""

    def __init__(self, items: Mapping[str, T]) -> None:
        self._items = dict(items)

    def __getitem__(self, name: str) -> T:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


@dataclass(frozen=True, eq=False)
class Record:
    """A result, as it was made: frozen fields, read-only arrays, mappings that take nothing more.

    Subclasses are dataclasses (`frozen=True, eq=False`: two runs are two records) whose fields are
    numpy arrays, numbers, texts, and tuples, mappings or dataclasses of these.
    """

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _closed(getattr(self, field.name)))

    @property
    def nbytes(self) -> int:
        """Bytes of everything that the record holds."""
        return size_of(self)

    def save(self, file: str | Path | BufferedIOBase) -> None:
        """Writes one compressed .npz without pickles; numbers use the smallest exact type."""
        arrays: dict[str, np.ndarray] = {}
        about = _packed(self, "", arrays)
        everything: dict[str, Any] = {"about": np.array(json.dumps(about)), **arrays}
        np.savez_compressed(file, **everything)

    @classmethod
    def load(cls: type[R], path: str | Path) -> R:
        """Reads what `save` wrote.

        Raises:
            RecordError: the file is missing, damaged, or something else.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                made: R = _unpacked(cls, about, "", {name: file[name] for name in file})
                return made
        except FileNotFoundError:
            raise RecordError.of("missing", file=str(path)) from None
        except Exception as error:  # zip, json, numpy and the record each raise their own
            raise RecordError.of("damaged", file=str(path), reason=str(error)) from None


def size_of(value: Any) -> int:
    """Bytes that a record, a job or a part of one holds."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(size_of(name) + size_of(part) for name, part in value.items())
    if isinstance(value, tuple | list):
        return sum(map(size_of, value))
    if dataclasses.is_dataclass(value):
        return sum(size_of(getattr(value, field.name)) for field in dataclasses.fields(value))
    return POINTER_BYTES


def _closed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        # a view would keep all that it is a view of, and could change with it
        own = value if value.base is None else value.copy()
        own.flags.writeable = False
        return own
    if isinstance(value, Mapping):
        return Frozen({name: _closed(part) for name, part in value.items()})
    if isinstance(value, tuple):
        # a named tuple keeps its own type
        parts = map(_closed, value)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def _packed(value: Any, place: str, arrays: dict[str, np.ndarray]) -> Any:
    """What JSON can say of a value; its arrays are put into `arrays`."""
    if isinstance(value, np.ndarray):
        arrays[place] = _smallest(value)
        return value.dtype.str
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _packed(getattr(value, name), _at(place, name), arrays) for name in names}
    if isinstance(value, Mapping):
        return {name: _packed(part, _at(place, name), arrays) for name, part in value.items()}
    if isinstance(value, tuple):
        return [_packed(part, _at(place, str(i)), arrays) for i, part in enumerate(value)]
    return value


def _unpacked(kind: Any, said: Any, place: str, arrays: Mapping[str, np.ndarray]) -> Any:
    """The inverse of `_packed`, by the type that the value has to have."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is np.ndarray:
        return arrays[place].astype(said)
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        names = [field.name for field in dataclasses.fields(kind)]
        values = {
            name: _unpacked(hints[name], said[name], _at(place, name), arrays) for name in names
        }
        return kind(**values)  # type: ignore[operator]  # a class of dataclass, mypy sees an instance
    if origin in (Union, UnionType):
        if said is None:
            return None
        (only,) = (part for part in inner if part is not type(None))
        return _unpacked(only, said, place, arrays)
    if origin is tuple:
        kinds = [inner[0]] * len(said) if inner[-1] is Ellipsis else inner
        parts = enumerate(zip(kinds, said, strict=True))
        return tuple(_unpacked(part, x, _at(place, str(i)), arrays) for i, (part, x) in parts)
    if origin in (dict, Mapping):
        return {
            name: _unpacked(inner[1], part, _at(place, name), arrays) for name, part in said.items()
        }
    return said


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _smallest(values: np.ndarray) -> np.ndarray:
    """The same real numbers in the smallest type that holds them all exactly."""
    for dtype in (np.float16, np.float32) if values.dtype.kind == "f" else ():
        if np.dtype(dtype).itemsize >= values.dtype.itemsize:
            break
        with np.errstate(over="ignore"):
            smaller = values.astype(dtype)
        if np.array_equal(smaller, values, equal_nan=True):
            return smaller
    return values
