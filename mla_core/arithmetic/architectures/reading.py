"""What was read of a configuration."""

from dataclasses import dataclass

from mla_core.arithmetic.architectures.architecture import Architecture
from mla_core.records.record import Record


@dataclass(frozen=True, eq=False)
class Read(Record):
    """What a configuration says, and what it did not say.

    Attributes:
        notes: sentences on what was filled in or not checked.
    """

    architecture: Architecture
    notes: tuple[str, ...]
