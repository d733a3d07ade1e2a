"""Every colour, in one place (Okabe-Ito; always with a letter or a name beside it)."""

from mla_core.models.chat import plain
from mla_core.models.hub import LARGE

Q = "#0072B2"
K = "#E69F00"
V = "#009E73"
PATTERN = "#CC79A7"
LATENT = "#D55E00"
ROPE_KEY = "#56B4E9"

CACHE_PARTS = {"k": K, "v": V, "c_kv": LATENT, "k_rope": ROPE_KEY}

# attention weights: one hue (PATTERN's), monotone in lightness, so safe for all readers; from the
# page's background for 0 to the farthest from it for 1
WEIGHTS = {
    "light": ["#faf5f8", "#edd0e0", "#dba3c4", "#c4719f", "#9c4578", "#6b2350", "#3d0c2b"],
    "dark": ["#1d252e", "#43303f", "#6f4560", "#9c5f85", "#c883a9", "#e8b4d0", "#fdeaf5"],
}

# signed numbers: Q's blue below zero, the latent's vermilion above
SIGNED = {
    "light": ["#00446b", "#0072b2", "#9cc7e3", "#f7f7f5", "#f2b98f", "#d55e00", "#7a3500"],
    "dark": ["#bfe0f5", "#5aa9dc", "#1f5f8b", "#1d252e", "#8a4413", "#e8823a", "#ffd9bd"],
}
NEUTRAL = "#8c959d"
INK = {"light": "#1a2129", "dark": "#e8edf2"}  # of .streamlit/config.toml
# read from the cache: grey
READ = {"light": ["#ebedef", "#9aa3ab", "#3f4750"], "dark": ["#232b33", "#77828c", "#d5dbe1"]}
# what is lost: the latent's hue, from the background to the farthest from it
LOST = {
    "light": ["#fdf6f0", "#fbdcc4", "#f5b98a", "#ea8d48", "#d55e00", "#9c4300", "#5c2600"],
    "dark": ["#1d252e", "#46301f", "#7a4318", "#b35a14", "#e07b2c", "#f7ab72", "#ffe3cd"],
}
# who shares keys and values: each with a mark of its own beside it
KIND = {"MHA": K, "GQA": V, "MQA": Q, "MLA": LATENT}
METHOD = {
    "split": "#8c8c8c",
    "joint": K,
    "whitened": ROPE_KEY,
    "balanced": Q,
    "head-aware": PATTERN,
    "loss-aware": V,
    "auto": LATENT,
}


def of_model(model: str) -> str:
    """That of the first thing that its cache keeps."""
    latent = "@" in model or model.endswith("mla") or plain(model) in LARGE
    return LATENT if latent else K


def colorscale(colours: list[str]) -> list[tuple[float, str]]:
    """Evenly spaced, as plotly wants it."""
    return [(i / (len(colours) - 1), colour) for i, colour in enumerate(colours)]
