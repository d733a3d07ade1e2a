"""How far two runs of one text lie apart: predictions and attention."""

import numpy as np


def kl_divergence(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(s,) nats of KL(before | after) between next-token distributions (s, w)."""
    ratio = np.log(np.maximum(before, 1e-30)) - np.log(np.maximum(after, 1e-30))
    return (before * ratio).sum(axis=-1)


def attention_moved(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(l, h) how much of each head's attention lies elsewhere: total variation, mean over queries.

    The first query is left out: it can only look at itself.
    """
    return 0.5 * np.abs(before - after)[:, :, 1:].sum(axis=-1).mean(axis=-1)
