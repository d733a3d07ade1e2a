"""What the pages ask of the engine."""

from mla_core.engine import Request
from ui.state import View


def request(
    model: str,
    prompt: str,
    *,
    new_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
    lead: str = "own",
) -> Request:
    """One model's share of a view; GPT-2 runs through TransformerLens."""
    return Request(
        model=model,
        prompt=prompt,
        new_tokens=new_tokens,
        temperature=temperature,
        # a seed means nothing where nothing is drawn: equal requests share one trace
        seed=seed if temperature else 0,
        follow=None if lead in ("own", model) else lead,
        through_baseline=model == "mini-gpt2",
    )


def requests(view: View, models: list[str], new_tokens: int) -> dict[str, Request]:
    return {
        model: request(
            model,
            view.prompt,
            new_tokens=new_tokens,
            temperature=view.temperature,
            seed=view.seed,
            lead=view.lead,
        )
        for model in models
    }
