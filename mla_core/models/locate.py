"""Where the embedded models lie, and what a name stands for."""

from pathlib import Path

from mla_core.models.config import CheckpointError

ASSETS = Path(__file__).resolve().parents[2] / "assets"
EMBEDDED = ("mini-gpt2", "mini-mha", "mini-gqa", "mini-mqa", "mini-mla")


def locate(name_or_directory: str | Path) -> Path:
    """The directory of an embedded model or of a path.

    Raises:
        CheckpointError: it is neither.
    """
    if name_or_directory in EMBEDDED:
        return ASSETS / "models" / str(name_or_directory)
    directory = Path(name_or_directory)
    if not directory.is_dir():
        raise CheckpointError(
            f"{name_or_directory} is neither a directory nor an embedded model ({', '.join(EMBEDDED)})"
        )
    return directory
