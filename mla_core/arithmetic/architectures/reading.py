"""Reading a configuration on the engine's worker: transformers brings torch along."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mla_core.arithmetic.architectures.architecture import Architecture

if TYPE_CHECKING:
    from mla_core.engine.engine import Engine


@dataclass(frozen=True)
class Read:
    """What a configuration says, and what it did not say.

    Attributes:
        notes: sentences on what was filled in or not checked.
    """

    architecture: Architecture
    notes: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        return sum(map(len, self.notes))


@dataclass(frozen=True)
class ReadConfig:
    """The text of a `config.json`; a bad one raises `ConfigError`, a sentence."""

    text: str
    name: str
    patient: ClassVar[bool] = False

    def compute(self, _engine: "Engine") -> Read:
        from mla_core.arithmetic.architectures.hugging_face import from_config

        return from_config(self.text, self.name)
