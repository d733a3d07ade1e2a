"""Small tokenizers of each kind that is read, as published ones are made."""

import json
from collections.abc import Callable

from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as HFTokenizer

from mla_core.models.locate import locate
from mla_core.models.tokenizer import Tokenizer, open_tokenizer
from mla_core.training.data import train_tokenizer

TEXT = "The American flag is red, white, and blue. Once upon a time there was a cat. " * 3
CHINESE = "中国的国旗是红色的。"
SENTENCEPIECE = decoders.Sequence(
    [
        decoders.Replace("▁", " "),
        decoders.ByteFallback(),
        decoders.Fuse(),
        decoders.Strip(" ", 1, 0),
    ]
)


def byte_level() -> HFTokenizer:
    made = train_tokenizer([TEXT + CHINESE * 3])
    # two of one text: an added token, and what the vocabulary itself would make of it
    made.add_tokens(["the flag", AddedToken("国", normalized=False)])
    return made


def pieces_of(texts: str, **options: object) -> HFTokenizer:
    """A BPE that falls back to bytes, as SentencePiece makes it."""
    made = HFTokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Metaspace(**options)
    letters = [chr(c) for c in range(0x21, 0x7F)]
    entries = ["<unk>", "<s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=entries,
        initial_alphabet=["▁", *letters],
        show_progress=False,
    )
    made.train_from_iterator([texts], trainer)
    return made


def without_byte_specials(made: HFTokenizer) -> HFTokenizer:
    """The bytes as ordinary entries, which they are in a published file."""
    saved = json.loads(made.to_str())
    saved["added_tokens"] = [t for t in saved["added_tokens"] if not t["content"].startswith("<0x")]
    saved["model"]["byte_fallback"] = True
    return HFTokenizer.from_str(json.dumps(saved))


def llama_2() -> HFTokenizer:
    """The space before a text put there by a normalizer."""
    made = without_byte_specials(pieces_of(TEXT, split=False, prepend_scheme="never"))
    made.pre_tokenizer = None
    made.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    made.decoder = SENTENCEPIECE
    made.add_tokens([AddedToken("<sep>", normalized=False)])
    return made


def mistral() -> HFTokenizer:
    """The space before a text put there by the pre-tokenizer."""
    made = without_byte_specials(pieces_of(TEXT, split=False, prepend_scheme="first"))
    made.decoder = SENTENCEPIECE
    made.add_tokens([AddedToken("<sep>", normalized=False)])
    return made


def metaspace() -> HFTokenizer:
    made = without_byte_specials(pieces_of(TEXT, prepend_scheme="always"))
    made.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="always")]
    )
    return made


KINDS: dict[str, Callable[[], HFTokenizer]] = {
    "byte-level": byte_level, "llama-2": llama_2, "mistral": mistral, "metaspace": metaspace,
}  # fmt: skip
# the last two put no space before a text that begins with some, and drop one all the same
FIRST_SPACE_IS_LOST = {"mistral", "metaspace"}
OPENED: dict[str, Tokenizer] = {}


def opened(kind: str) -> Tokenizer:
    if kind == "embedded":
        return open_tokenizer(locate("mini-mla"))
    if kind not in OPENED:
        OPENED[kind] = Tokenizer(KINDS[kind]())
    return OPENED[kind]


ALL = (*KINDS, "embedded")
