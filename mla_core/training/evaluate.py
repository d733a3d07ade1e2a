"""How good a model is: bits per byte on held-out texts, and first choices for everyday sentences."""

import math

import torch
import torch.nn.functional as F

from mla_core.models.language_model import LanguageModel
from mla_core.training.texts import held_out_texts

FLAG = "The American flag is red, white, and"

# Written down before training ended; any of the words after a sentence counts as sensible.
EVERYDAY_SENTENCES: dict[str, tuple[str, ...]] = {
    "Once upon a": (" time",),
    "The opposite of hot is": (" cold",),
    "The sun rises in the": (" east", " morning", " sky"),
    "The capital of France is": (" Paris",),
    "She opened the door and": (" walked", " saw", " went", " stepped", " looked", " found", " ran"),
    "They lived happily ever": (" after",),
    "Two plus two is": (" four",),
    "On a clear day the sky is": (" blue", " clear", " bright"),
    "He was so tired that he fell": (" asleep",),
    "Thank you very": (" much",),
    "The cat sat on the": (" mat", " floor", " bed", " couch", " chair", " ground", " table", " roof"),
    "Monday, Tuesday, Wednesday,": (" Thursday",),
    "Bees make": (" honey",),
    "Ladies and": (" gentlemen",),
    "Fish live in the": (" water", " ocean", " sea", " deep"),
    "In winter it is very": (" cold",),
    "One, two, three,": (" four",),
    "A long time": (" ago",),
    "You cut paper with": (" scissors", " a"),
    "The children played in the": (" park", " garden", " yard", " playground", " forest", " sun",
                                   " snow", " sand", " water", " woods", " backyard", " street"),
}  # fmt: skip


@torch.inference_mode()
def bits_per_byte(model: LanguageModel, texts: list[str], *, batch: int = 64) -> dict[str, float]:
    """Cross-entropy of the texts' own tokens, each text alone behind BOS, over its UTF-8 bytes.

    Texts longer than the context are cut there, and their bytes counted up to the cut.

    Returns:
        `bits_per_byte`, `nats_per_token`, `tokens`, `bytes`.

    Raises:
        ValueError: there is nothing to predict.
    """
    assert model.config.bos_token_id is not None
    bos, limit = model.config.bos_token_id, model.config.max_position_embeddings
    encoded = (([bos, *model.tokenizer.encode(text)])[:limit] for text in texts)
    rows = sorted((row for row in encoded if len(row) > 1), key=len)
    if not rows:
        raise ValueError(
            "There is no text to measure a loss on: give at least one that is not empty."
        )
    nats, tokens, size = 0.0, 0, 0
    for first in range(0, len(rows), batch):
        group = rows[first : first + batch]
        width = max(map(len, group))
        padded = torch.tensor([row + [bos] * (width - len(row)) for row in group])
        target = padded[:, 1:].clone()
        for i, row in enumerate(group):
            target[i, len(row) - 1 :] = -100  # padding predicts nothing
        logits = model(padded[:, :-1].to(model.device)).float()
        loss = F.cross_entropy(
            logits.flatten(0, 1), target.flatten().to(model.device), reduction="sum"
        )
        nats += loss.item()
        tokens += sum(len(row) - 1 for row in group)
        size += sum(len(model.tokenizer.decode(row[1:]).encode()) for row in group)
    return {
        "bits_per_byte": nats / math.log(2) / size,
        "nats_per_token": nats / tokens,
        "tokens": tokens,
        "bytes": size,
    }


def nats_held_out(model: LanguageModel, count: int = 500) -> float:
    """Nats a token on the first held-out texts, which are shipped under assets/text."""
    return bits_per_byte(model, list(held_out_texts(count)))["nats_per_token"]


@torch.inference_mode()
def next_tokens(model: LanguageModel, text: str, count: int = 5) -> list[tuple[str, float]]:
    """The likeliest tokens after a text, with their probabilities."""
    ids = torch.tensor([[model.config.bos_token_id, *model.tokenizer.encode(text)]])
    probabilities = model(ids.to(model.device))[0, -1].float().softmax(-1)
    top = probabilities.topk(count)
    return [
        (model.tokenizer.decode([i]), p)
        for i, p in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    ]


@torch.inference_mode()
def everyday(model: LanguageModel, words: int = 4) -> dict[str, tuple[str, bool]]:
    """For each everyday sentence: the greedy continuation, and whether it is sensible."""
    result = {}
    for sentence, sensible in EVERYDAY_SENTENCES.items():
        ids = torch.tensor([[model.config.bos_token_id, *model.tokenizer.encode(sentence)]])
        prompt = ids.shape[1]
        for _ in range(words):
            following = model(ids.to(model.device))[:, -1:].argmax(-1).cpu()
            ids = torch.cat((ids, following), dim=1)
        continuation = model.tokenizer.decode(ids[0, prompt:].tolist())
        result[sentence] = (continuation, continuation.startswith(sensible))
    return result
