"""A checkpoint's own tokenizer, through Hugging Face's `tokenizers`; torch is not needed."""

import codecs
import functools
from pathlib import Path

from tokenizers import Tokenizer as HFTokenizer
from tokenizers import decoders, models, pre_tokenizers

from mla_core.models.config import CheckpointError
from mla_core.models.spelling import Spelling


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
        self.spelling = Spelling.of(tokenizer)
        self._added = {
            i: token.content for i, token in tokenizer.get_added_tokens_decoder().items()
        }

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
            raise CheckpointError.of(
                "unreadable_tokenizer", directory=str(directory), reason=str(error)
            ) from None
        raise CheckpointError.of("missing_file", path=str(path))

    def encode(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids: list[int]) -> str:
        """The text that ids stand for."""
        return "".join(self.pieces(ids))

    def pieces(self, ids: list[int]) -> tuple[str, ...]:
        """The text of ids in as many pieces: joined, they are the text.

        A character of several tokens belongs to the one that completes it, and those before it are
        empty; `token_bytes` has what each holds. Bytes that never become a character are U+FFFD.
        """
        reader = Reader(self)
        read = list(map(reader.read, ids))
        if read:
            read[-1] += reader.end()
        return tuple(read)

    def token_bytes(self, token_id: int) -> bytes:
        """What one token stands for, in UTF-8, wherever it is: maybe a part of a character.

        Empty for an id that the vocabulary does not have.
        """
        if token_id in self._added:
            return self._added[token_id].encode()
        entry = self._tokenizer.id_to_token(token_id)
        return b"" if entry is None else self.spelling.to_bytes(entry)

    def is_byte(self, token_id: int) -> bool:
        """Whether a token is SentencePiece's for one byte, which may be a whole character too."""
        entry = self._tokenizer.id_to_token(token_id)
        return entry is not None and token_id not in self._added and self.spelling.is_byte(entry)

    def is_added(self, token_id: int) -> bool:
        """Whether a token was added to the vocabulary, as special tokens are."""
        return token_id in self._added

    def has_twin(self, token_id: int) -> bool:
        """Whether another token, the ordinary one, stands for the same bytes."""
        ordinary = self.spelling.from_bytes(self.token_bytes(token_id))
        other = None if ordinary is None else self._tokenizer.token_to_id(ordinary)
        return other not in (None, token_id)

    def save(self, path: Path) -> None:
        self._tokenizer.save(str(path))

    @property
    def vocab_size(self) -> int:
        return self._tokenizer.get_vocab_size()


class Reader:
    """Token ids of one text to its pieces, one at a time; see `Tokenizer.pieces`."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._characters = codecs.getincrementaldecoder("utf-8")("replace")
        # a space that the tokenizer puts before the text was not typed
        self._drops_space = tokenizer.spelling.prefix != "never"

    def read(self, token_id: int) -> str:
        held = self._tokenizer.token_bytes(token_id)
        if self._drops_space:
            held = held.removeprefix(b" ")
        self._drops_space = (
            self._tokenizer.spelling.prefix == "always" and self._tokenizer.is_added(token_id)
        )
        return self._characters.decode(held)

    def end(self) -> str:
        """U+FFFD for bytes that are still no character."""
        return self._characters.decode(b"", final=True)


@functools.lru_cache(maxsize=8)
def open_tokenizer(directory: Path) -> Tokenizer:
    """`Tokenizer.from_directory`, once for each directory."""
    return Tokenizer.from_directory(directory)
