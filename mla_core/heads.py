"""Which head is worth looking at."""

from collections.abc import Sequence

import numpy as np


def informative_head(pattern: np.ndarray, tokens: Sequence[str]) -> tuple[int, int]:
    """(layer, head) that most clearly singles out one earlier token for its content.

    A key that is the first token (the sink), the token itself, the one before it, or the same
    word again needs no context to be found, and one without a letter says little. A head's score
    is its largest weight on any other key: the mean of that over the queries, plus that of the
    last query, which predicts.

    Args:
        pattern: (l, h, s, t), of a prompt without what was generated after it.
        tokens: (s,) their texts.

    Returns:
        (0, 0) for fewer than four tokens, where such a key hardly exists.
    """
    s = pattern.shape[-1]
    if s < 4:
        return 0, 0
    texts = np.array(tokens)
    says_something = np.array([any(map(str.isalnum, token)) for token in tokens])
    says_something[0] = False
    found_by_content = np.tril(texts[:, None] != texts[None, :], k=-2) & says_something
    best = np.where(found_by_content, pattern, 0.0).max(axis=-1)  # (l, h, s)
    score = best[..., 3:].mean(axis=-1) + best[..., -1]
    layer, head = np.unravel_index(score.argmax(), score.shape)
    return int(layer), int(head)
