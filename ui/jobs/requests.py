"""What the pages ask of the engine."""

from mla_core.experiments.cache_grows import STORAGES, Grow
from mla_core.experiments.side_by_side import Request
from mla_core.models.config import ModelConfig
from mla_core.models.families import read_config
from mla_core.models.hub import GPT2S
from mla_core.models.locate import Conversion, locate
from ui import catalogue
from ui.state.url import View, head_key
from ui.words.en import common as words

BASELINES = ("mini-gpt2", *GPT2S)  # these run through TransformerLens
SMALLER = 8  # than ordinary attention's cache: where a latent starts


def config_of(model: str) -> ModelConfig:
    """The configuration of an ordinary model, without loading it.

    Raises:
        CheckpointError: it cannot be read.
    """
    return read_config(locate(model))


def conversion(view: View, model: str, text: str = "") -> Conversion:
    """What the reader asks to be made of a model; an eighth of its cache unless said otherwise.

    Raises:
        ValueError: the rank is more than the model's width, or the model cannot be read.
    """
    config = config_of(model)
    rank = view.rank or 2 * config.num_attention_heads * config.head_dim // SMALLER
    if rank > config.hidden_size:
        raise ValueError(words.RANK_PROBLEM.format(most=config.hidden_size, rank=rank))
    return Conversion(model, rank, view.method, view.ranks == "per_layer", text)


def models_of(view: View) -> list[str]:
    """The models of a view, by name: two, or a large one alone.

    Raises:
        ValueError: see `conversion`.
    """
    if view.alone:
        return [view.alone]
    original = catalogue.ORIGINALS.get(view.pair)
    return (
        list(catalogue.MODELS) if original is None else [original, str(conversion(view, original))]
    )


def request(
    model: str,
    prompt: str,
    *,
    new_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
    follow: str | None = None,
) -> Request:
    """One model's share of a view; GPT-2 runs through TransformerLens."""
    return Request(
        model=model,
        prompt=prompt,
        new_tokens=new_tokens,
        temperature=temperature,
        # a seed means nothing where nothing is drawn: equal requests share one trace
        seed=seed if temperature else 0,
        follow=None if follow == model else follow,
        through_baseline=model in BASELINES,
    )


def grow_request(view: View, model: str, new_tokens: int) -> Grow:
    """A text and its growing cache; what is not drawn at random shares one answer."""
    drawn = view.temperature > 0
    return Grow(
        model=model,
        prompt=view.prompt,
        new_tokens=new_tokens,
        temperature=view.temperature,
        top_k=view.top_k if drawn else None,
        seed=view.seed if drawn else 0,
        storage=catalogue.LIVE_STORAGES[view.cache_dtype] or STORAGES[0],
    )


def requests(view: View, models: list[str], new_tokens: int) -> dict[str, Request]:
    leader = next((model for model in models if head_key(model) == view.continuation), None)
    return {
        model: request(
            model,
            view.prompt,
            new_tokens=new_tokens,
            temperature=view.temperature,
            seed=view.seed,
            follow=leader,
        )
        for model in models
    }
