"""Ordinary attention made latent: `statistics` of a text, `methods` to factorise, `conversion`."""

from mla_core.convert.calibration import Calibration, calibration_of
from mla_core.convert.conversion import allocate_ranks, check_ranks, convert_to_mla
from mla_core.convert.methods import METHODS

__all__ = [
    "METHODS",
    "Calibration",
    "allocate_ranks",
    "calibration_of",
    "check_ranks",
    "convert_to_mla",
]
