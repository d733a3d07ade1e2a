"""`python -m mla_core.bench compression`: loss against cache size, for every way to convert."""

import datetime
import json
import platform
from pathlib import Path

import torch

from mla_core.convert import METHODS, Calibration, allocate_ranks, convert_to_mla
from mla_core.models.checkpoint import load_model
from mla_core.models.language_model import LanguageModel
from mla_core.models.locate import EMBEDDED, locate
from mla_core.training.evaluate import nats_held_out

CONVERTED = ("mini-gpt2", "mini-mha")
RANKS = (8, 16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 224, 256)
TEXTS = 500


def bench_compression(path: Path, models: list[str], healed: Path | None) -> None:
    """Measures the held-out loss of the embedded models and their conversions, as one JSON file.

    Args:
        path: of the file to write.
        models: to convert.
        healed: lines that `python -m mla_core.training heal` printed, to be kept beside.

    Raises:
        CheckpointError: a model is not on this machine.
    """
    for name in models:
        locate(name)  # what is not here is said now, not after minutes
    healings = healed.read_text(encoding="utf-8").splitlines() if healed else []
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    found = {
        "made": {
            "device": device,
            "torch": torch.__version__,
            "python": platform.python_version(),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "texts": TEXTS,
        },
        "models": {name: _point(load_model(name)) for name in EMBEDDED},
        "points": [point for name in models for point in _conversions(name)],
        "healed": [json.loads(line) for line in healings],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _point(model: LanguageModel) -> dict[str, float]:
    return {"cached_values": model.config.cached_values, "nats": nats_held_out(model, TEXTS)}


def _conversions(name: str) -> list[dict[str, object]]:
    model, points = load_model(name), []
    calibration = Calibration(model)
    layers, d = model.config.num_hidden_layers, model.config.hidden_size
    ways = [(method, False) for method in (*METHODS, "auto")] + [("auto", True)]
    for method, layerwise in ways:
        for rank in RANKS:
            if rank > d:
                continue
            ranks = allocate_ranks(calibration, rank * layers) if layerwise else rank
            point = _point(convert_to_mla(model, ranks, method, calibration))
            points.append(
                {"model": name, "method": method, "layerwise": layerwise, "rank": rank, **point}
            )
            print(points[-1], flush=True)
    return points
