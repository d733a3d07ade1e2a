"""From texts to token ids: reading, cleaning, the held-out split, the tokenizer, packing.

A corpus is a folder of files named `*.xz`, one JSON string a line, read in the order of their
names. Its last `HELD_OUT` texts are never trained on and never cleaned.
"""

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from mla_core.training.everyday import everyday_texts

HELD_OUT = 5_000
VOCAB_SIZE = 8_192
END = "<|endoftext|>"  # before every text, as GPT-2 has it: it is BOS and EOS in one
EVERYDAY = 8_000


def read_corpus(folder: Path) -> list[str]:
    """All texts of a corpus folder.

    Raises:
        ValueError: the folder holds no `*.xz`.
    """
    files = sorted(folder.glob("*.xz"))
    if not files:
        raise ValueError(
            f"{folder} holds no *.xz; make one with: python -m mla_core.training corpus"
        )
    texts = []
    for path in files:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            texts += [json.loads(line) for line in lines]
    return texts


def write_corpus(texts: Iterable[str], path: Path) -> None:
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(text) + "\n" for text in texts)


def is_clean(text: str) -> bool:
    """False for a text that loops (one sentence four times) or breaks the American tricolour."""
    sentences = Counter(s for s in re.split(r"(?<=[.!?])\s+", text) if len(s) > 15)
    if sentences and max(sentences.values()) >= 4:
        return False
    if "America" in text or "United States" in text:
        after = re.findall(r"red,? white,? and (\w+)", text)
        return all(word == "blue" for word in after)
    return True


def split(texts: list[str]) -> tuple[list[str], list[str]]:
    """(training texts, cleaned and extended; held-out texts, as they are)."""
    train, held_out = texts[:-HELD_OUT], texts[-HELD_OUT:]
    return [t for t in train if is_clean(t)] + everyday_texts(EVERYDAY), held_out


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Byte-level BPE with GPT-2's pre-tokenizer: any text at all can be encoded."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def read_tokenizer(path: Path) -> Tokenizer:
    """A `tokenizer.json`.

    Raises:
        ValueError: it is missing or damaged.
    """
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception
        raise ValueError(f"{path} is no tokenizer.json that can be read: {error}") from None


def encode(texts: list[str], tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray]:
    """(ids of all texts in one row, each behind `END`; where each text begins), uint16 and int64.

    Raises:
        ValueError: there is no text.
    """
    if not texts:
        raise ValueError("The corpus holds no text: give a folder of *.xz with some.")
    end = tokenizer.token_to_id(END)
    rows = [np.array([end, *e.ids], dtype=np.uint16) for e in tokenizer.encode_batch_fast(texts)]
    starts = np.cumsum([0, *(len(row) for row in rows[:-1])], dtype=np.int64)
    return np.concatenate(rows), starts


def batches(
    starts: np.ndarray, total: int, *, rows: int, width: int, steps: int, seed: int
) -> Iterator[np.ndarray]:
    """Where the rows of each batch begin in the token row: always at a text, each text in turn.

    A row runs on from its text into the next ones until it is `width` + 1 tokens long. The order
    depends on the seed alone, so every model of a family sees the same tokens in the same order.

    Args:
        starts: where each text begins in the token row.
        total: tokens of the row.
        rows: of a batch; texts come again where there are fewer.

    Raises:
        ValueError: at once, if no text is followed by `width` tokens.
    """
    usable = starts[starts + width + 1 <= total]
    if not len(usable):
        raise ValueError(
            f"The corpus has {total} tokens; one row of training takes {width + 1}: give more text."
        )
    return _drawn(usable, rows, steps, seed)


def _drawn(usable: np.ndarray, rows: int, steps: int, seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    order = np.empty(0, dtype=np.int64)
    for _ in range(steps):
        while len(order) < rows:
            order = np.concatenate((order, rng.permutation(usable)))
        yield order[:rows]
        order = order[rows:]
