"""A text as a chat: what a model's own template puts around it, special tokens included.

A model that reads so is the same model under another name, "youtu-llm-2b+chat": only its tokenizer
differs.
"""

import copy
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mla_core.models.config import CheckpointError
from mla_core.models.tokenizer import Tokenizer

if TYPE_CHECKING:
    from mla_core.models.language_model import LanguageModel

SUFFIX = "+chat"
SETTINGS, TEMPLATE = "tokenizer_config.json", "chat_template.jinja"


def plain(name: str) -> str:
    """The name of the model itself."""
    return name.removesuffix(SUFFIX)


def has_template(directory: Path) -> bool:
    """Whether a model directory says how a chat is written."""
    if (directory / TEMPLATE).exists():
        return True
    try:
        settings = json.loads((directory / SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(settings, dict) and bool(settings.get("chat_template"))


class ChatTokenizer(Tokenizer):
    """Puts every text into the template, as what a user says and the model is to answer."""

    _chat: Any

    @classmethod
    def from_directory(cls, directory: Path) -> "ChatTokenizer":
        """Opens the tokenizer with its template; nothing is fetched, no code of the model's is run.

        Raises:
            CheckpointError: there is no template, or it cannot be read.
        """
        from transformers import PreTrainedTokenizerFast

        made = super().from_directory(directory)
        assert isinstance(made, cls)
        if not has_template(directory):
            raise CheckpointError.of("no_template", directory=str(directory))
        try:
            made._chat = PreTrainedTokenizerFast.from_pretrained(directory, local_files_only=True)
            made.encode("Hello")
        except Exception as error:  # of the template's language, or of tokenizers
            reason = " ".join((str(error) or repr(error)).split())
            raise CheckpointError.of(
                "bad_template", directory=str(directory), reason=reason
            ) from None
        return made

    def encode(self, text: str) -> list[int]:
        """Ids of the whole chat; special tokens in the text itself are the template's business."""
        ids: list[int] = self._chat.apply_chat_template(
            [{"role": "user", "content": text}], add_generation_prompt=True, return_dict=False
        )
        return ids


def chatting(model: "LanguageModel", tokenizer: Tokenizer) -> "LanguageModel":
    """The same model, its weights shared, under its chat name."""
    other = copy.copy(model)
    other.name = model.name + SUFFIX
    other.tokenizer = tokenizer
    # the template begins with what begins a text
    other.config = dataclasses.replace(model.config, bos_token_id=None)
    return other
