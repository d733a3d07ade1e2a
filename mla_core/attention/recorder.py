"""What a forward pass leaves behind when somebody asks: named tensors, one for each layer.

It travels as an argument. Models keep no state of a run and need no hooks, so two threads can
never see each other's tensors.
"""

from collections.abc import Iterable

from torch import Tensor


class Recorder:
    """Collects the tensors whose names were asked for; any other name is ignored."""

    def __init__(self, names: Iterable[str]) -> None:
        self.layers: dict[str, list[Tensor]] = {name: [] for name in names}

    def wants(self, *names: str) -> bool:
        return any(name in self.layers for name in names)

    def put(self, **tensors: Tensor) -> None:
        for name, tensor in tensors.items():
            if name in self.layers:
                self.layers[name].append(tensor)
