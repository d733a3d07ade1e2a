"""Which files of a model directory hold its weights; free of torch, for what only looks."""

import json
from pathlib import Path

from mla_core.models.config import CheckpointError

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"  # in its place where there are several files


def weight_files(directory: Path) -> list[Path]:
    """The one safetensors file, or the shards that an index lists."""
    single, index = directory / WEIGHTS, directory / INDEX
    if single.exists():
        return [single]
    if index.exists():
        try:
            names = sorted(
                set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
            )
        except (ValueError, KeyError, AttributeError, TypeError):
            raise CheckpointError.of("no_index", path=str(index)) from None
        # an index is data from outside: it may name files beside it and nothing else
        if any(Path(name).name != name for name in names):
            raise CheckpointError.of("outside", path=str(index))
        return [directory / name for name in names]
    if list(directory.glob("*.bin")):
        raise CheckpointError.of("pickled", directory=str(directory), file=single.name)
    raise CheckpointError.of("missing_file", path=str(single))
