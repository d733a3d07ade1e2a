"""What a head does, read off its pattern: which is worth looking at, and of which kind it is."""

from collections.abc import Sequence

import numpy as np

# Kinds of heads, and the score from which each names a head. "content" is none of them: it picks
# tokens by what they are.
ENOUGH = {
    "previous": 0.5,
    "same": 0.5,
    "induction": 0.5,
    "sink": 0.5,
    "diffuse": 0.8,
    "local": 0.5,
}  # fmt: skip
KINDS = (*ENOUGH, "content")
LOCAL = 4  # keys back, the token itself included


def found_by_content(tokens: Sequence[str]) -> np.ndarray:
    """(s, t) where a query needs context to find a key: see `informative_head`."""
    texts = np.array(tokens)
    says_something = np.array([any(map(str.isalnum, token)) for token in tokens])
    says_something[0] = False
    return np.tril(texts[:, None] != texts[None, :], k=-2) & says_something


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
    best = np.where(found_by_content(tokens), pattern, 0.0).max(axis=-1)  # (l, h, s)
    score = best[..., 3:].mean(axis=-1) + best[..., -1]
    layer, head = np.unravel_index(score.argmax(), score.shape)
    return int(layer), int(head)


def kind_scores(pattern: np.ndarray, token_ids: Sequence[int]) -> dict[str, np.ndarray]:
    """How far each kind explains each head: one share (l, h) a kind, between 0 and 1.

    All but "diffuse" are mean shares of a query's attention, over the queries after the second
    (before, the first token is also the previous one):

        previous    on the token just before;
        same        on the token itself;
        induction   on the tokens that followed earlier copies of it (Olsson et al., 2022,
                    arXiv 2209.11895: "prefix matching"), over the queries that have a copy;
        sink        on the first token (Xiao et al., 2023, arXiv 2309.17453);
        local       on the last `LOCAL` tokens, itself included, the first token left out;
        diffuse     not a share: entropy over that of even attention, log(i + 1).

    Args:
        pattern: (l, h, s, t).
        token_ids: (s,); equal ids are copies.
    """
    s = pattern.shape[-1]
    ids = np.array(token_ids)
    query, key = np.indices((s, s))
    asked = query >= min(2, s - 1)
    followed = np.zeros((s, s), dtype=bool)
    followed[:, 1:] = ids[:, None] == ids[None, :-1]
    followed &= key <= query
    followed[:, 0] = False
    where = {
        "previous": key == query - 1,
        "same": key == query,
        "induction": followed,
        "sink": key == 0,
        "local": (key > query - LOCAL) & (key <= query) & (key > 0),
    }
    queries = np.arange(s) >= min(2, s - 1)
    scores = {}
    for kind, keys in where.items():
        counted = queries & (keys.any(axis=1) if kind == "induction" else True)
        share = np.where(keys & asked, pattern, 0.0).sum(axis=-1)  # (l, h, s)
        total = share[..., counted].sum(axis=-1)
        scores[kind] = total / max(1, counted.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(pattern > 0, pattern * np.log(pattern), 0.0).sum(axis=-1)
    even = np.log(np.arange(1, s + 1))
    scores["diffuse"] = (entropy[..., queries] / np.maximum(even[queries], 1e-9)).mean(axis=-1)
    return scores


def kinds(scores: dict[str, np.ndarray]) -> np.ndarray:
    """(l, h) the name of each head's kind: that which scores highest, beside what is `ENOUGH` for it.

    "local" contains "previous" and "same", so it names only what no other kind does.
    """
    asked = [kind for kind in ENOUGH if kind != "local"]
    relative = np.stack([scores[kind] / ENOUGH[kind] for kind in asked])  # (kind, l, h)
    highest = np.array(asked)[relative.argmax(axis=0)]
    is_local = scores["local"] >= ENOUGH["local"]
    named = [relative.max(axis=0) >= 1, is_local]
    return np.select(named, [highest, np.full(highest.shape, "local")], default=KINDS[-1])
