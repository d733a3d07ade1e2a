"""Computes a `Trace` of a text and its continuation."""

from mla_core.experiments import Models
from mla_core.experiments.side_by_side import Request
from mla_core.inference.decoder import Decoder
from mla_core.inference.tracing import encode_prompt, starts_with_bos, trace_ids
from mla_core.records.trace import Trace


def run(asked: Request, models: Models) -> Trace:
    """Decodes token by token, then runs the whole text once to record it.

    Raises:
        PromptError: the prompt is empty or too long.
    """
    model = models.model(asked.model)
    ids = encode_prompt(model, asked.prompt, bos=True)
    prompt_length = len(ids)
    new_tokens = min(asked.new_tokens, model.config.max_position_embeddings - prompt_length)
    followed: list[int] = []
    if asked.follow is not None and asked.follow != asked.model:
        lead = Request(asked.follow, asked.prompt, new_tokens, asked.temperature, asked.seed)
        followed = list(models.answer(lead).token_ids[prompt_length:])
    decoder = Decoder(model)
    decoder.prefill_ids(ids + followed)
    for _ in range(new_tokens - len(followed)):
        decoder.step(asked.temperature, seed=asked.seed)
    cache = decoder.cache
    return trace_ids(
        models.baseline(asked.model) if asked.through_baseline else model,
        decoder.token_ids,
        has_bos=starts_with_bos(model),
        record=asked.record,
        prompt_length=prompt_length,
        cache_nbytes=tuple(map(cache.nbytes_of, range(1, cache.length + 1))),
    )


COMPUTE = {Request: run}
