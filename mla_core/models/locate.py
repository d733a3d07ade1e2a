"""Where models lie, and what a name stands for."""

import re
from dataclasses import dataclass
from pathlib import Path

from mla_core.models.config import CheckpointError
from mla_core.models.hub import REPOSITORIES, on_this_machine, variable

PACKAGE = Path(__file__).resolve().parents[1]
INSTALLED = PACKAGE / "_assets"  # where the wheel puts them
ASSETS = INSTALLED if INSTALLED.is_dir() else PACKAGE.parent / "assets"
EMBEDDED = ("mini-gpt2", "mini-mha", "mini-gqa", "mini-mqa", "mini-mla")


def locate(name_or_directory: str | Path) -> Path:
    """The directory of an embedded model, of a GPT-2 on this machine, or of a path.

    Raises:
        CheckpointError: it is none of them.
    """
    if name_or_directory in EMBEDDED:
        return ASSETS / "models" / str(name_or_directory)
    if name_or_directory in REPOSITORIES:
        name = str(name_or_directory)
        found = on_this_machine(name)
        if found is None:
            raise CheckpointError.of("not_downloaded", name=name, variable=variable(name))
        return found
    directory = Path(name_or_directory)
    if not directory.is_dir():
        known = ", ".join((*EMBEDDED, *REPOSITORIES))
        raise CheckpointError.of("unknown_name", name=str(name_or_directory), known=known)
    return directory


@dataclass(frozen=True)
class Conversion:
    """A model made latent, as a name: "gpt2@192", "gpt2@192/whitened", "gpt2@192/auto/layerwise".

    Attributes:
        model: of the original.
        rank: of the latent; the mean over the layers where they differ.
        method: see `mla_core.convert.methods`.
        layerwise: whether the same number of cached values is spread to lose least.
        text: key of a calibration text that the engine keeps (`Engine.keep_text`); empty: ours.
    """

    model: str
    rank: int
    method: str = "auto"
    layerwise: bool = False
    text: str = ""

    def __str__(self) -> str:
        more = ("/layerwise" if self.layerwise else "") + (f"#{self.text}" if self.text else "")
        method = f"/{self.method}" if self.layerwise or self.method != "auto" else ""
        return f"{self.model}@{self.rank}{method}{more}"

    @classmethod
    def parse(cls, name: str) -> "Conversion | None":
        """The conversion that a name stands for, or None for the name of an ordinary model."""
        found = re.fullmatch(r"(.+)@(\d{1,6})(?:/([a-z-]+))?(/layerwise)?(?:#([0-9a-f]+))?", name)
        if found is None:
            return None
        model, rank, method, layerwise, text = found.groups()
        return cls(model, int(rank), method or "auto", layerwise is not None, text or "")


def title(name_or_directory: str | Path) -> str:
    """What to call a model: a download lies under a hash, so the directory may not say it."""
    known = name_or_directory in EMBEDDED or name_or_directory in REPOSITORIES
    return str(name_or_directory) if known else Path(name_or_directory).name
