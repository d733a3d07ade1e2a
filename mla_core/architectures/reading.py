"""Reading a configuration on the engine's worker: transformers brings torch along."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mla_core.architectures.architecture import Architecture

if TYPE_CHECKING:
    from mla_core.engine import Engine


@dataclass(frozen=True)
class Said:
    """What a file says (see `hugging_face.from_config`)."""

    architecture: Architecture
    notes: tuple[str, ...]
    nbytes: int


@dataclass(frozen=True)
class ReadConfig:
    """The text of a `config.json`.

    Raises:
        ConfigError: on the worker, handed on: a sentence that names the field.
    """

    text: str
    name: str
    patient: ClassVar[bool] = False

    def compute(self, _engine: "Engine") -> Said:
        from mla_core.architectures.hugging_face import from_config

        read = from_config(self.text, self.name)
        return Said(read.architecture, read.notes, len(self.text))
