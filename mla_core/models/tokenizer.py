"""A checkpoint's own tokenizer, through Hugging Face's `tokenizers`; torch is not needed."""

import functools
from pathlib import Path

from tokenizers import Tokenizer as HFTokenizer
from tokenizers import decoders, models, pre_tokenizers

from mla_core.models.config import CheckpointError


class Tokenizer:
    """Text to token ids and back.

    Special tokens typed by a reader are text like any other: `<|endoftext|>` in a prompt does not
    end anything.
    """

    def __init__(self, tokenizer: HFTokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer

    @classmethod
    def from_directory(cls, directory: Path) -> "Tokenizer":
        """Opens `tokenizer.json`, or GPT-2's `vocab.json` and `merges.txt`.

        Raises:
            CheckpointError: neither is there, or it cannot be parsed.
        """
        path = directory / "tokenizer.json"
        vocab, merges = directory / "vocab.json", directory / "merges.txt"
        try:
            if path.exists():
                return cls(HFTokenizer.from_file(str(path)))
            if vocab.exists() and merges.exists():
                tokenizer = HFTokenizer(models.BPE.from_file(str(vocab), str(merges)))
                tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
                tokenizer.decoder = decoders.ByteLevel()
                return cls(tokenizer)
        except Exception as error:  # tokenizers raises bare Exception
            raise CheckpointError(f"the tokenizer in {directory} cannot be read: {error}") from None
        raise CheckpointError(f"{path} does not exist")

    def encode(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids: list[int]) -> str:
        return self._tokenizer.decode(ids, skip_special_tokens=False)

    def pieces(self, ids: list[int]) -> tuple[str, ...]:
        """Each token as text of its own; bytes that are no whole character become U+FFFD."""
        return tuple(self._tokenizer.decode([i], skip_special_tokens=False) for i in ids)

    def save(self, path: Path) -> None:
        self._tokenizer.save(str(path))

    @property
    def vocab_size(self) -> int:
        return self._tokenizer.get_vocab_size()


@functools.lru_cache(maxsize=8)
def open_tokenizer(directory: Path) -> Tokenizer:
    """`Tokenizer.from_directory`, once for each directory."""
    return Tokenizer.from_directory(directory)
