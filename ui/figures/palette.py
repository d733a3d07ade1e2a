"""Every colour, in one place (Okabe-Ito; always with a letter or a name beside it)."""

from ui import words

Q = "#0072B2"
K = "#E69F00"
V = "#009E73"
PATTERN = "#CC79A7"
LATENT = "#D55E00"
ROPE_KEY = "#56B4E9"

MODEL = {"mini-gpt2": K, "mini-mla": LATENT}  # after the first thing that each of them keeps
CACHE_PARTS = {
    words.KEYS: K,
    words.VALUES: V,
    words.LATENT: LATENT,
    words.ROPE_KEY: ROPE_KEY,
}

# attention weights: one hue (PATTERN's), monotone in lightness, so safe for all readers; from the
# page's background for 0 to the farthest from it for 1
WEIGHTS = {
    "light": ["#faf5f8", "#edd0e0", "#dba3c4", "#c4719f", "#9c4578", "#6b2350", "#3d0c2b"],
    "dark": ["#1d252e", "#43303f", "#6f4560", "#9c5f85", "#c883a9", "#e8b4d0", "#fdeaf5"],
}


def colorscale(colours: list[str]) -> list[tuple[float, str]]:
    """Evenly spaced, as plotly wants it."""
    return [(i / (len(colours) - 1), colour) for i, colour in enumerate(colours)]
