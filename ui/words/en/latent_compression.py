"""What the page `latent_compression` says; {braces} are filled in the browser or by whoever draws."""

LATENT_ALREADY = (
    "{model} was trained with its latent: there is nothing to press. What it keeps can be looked at under "
    "*Inside one head* and *The cache grows*; here a small model is made latent after its training."
)
CONVERTED_NAMES = {
    "mini-gpt2": "mini-gpt2: learned positions, like GPT-2",
    "mini-mha": "mini-mha: rotated keys, like Llama",
    "gpt2": "GPT-2",
}
CONVERTED_LABEL = "Model"
RANKS = {"same": "the same in every layer", "per_layer": "spread to lose least"}

# spoken by the component; {braces} are filled in the browser
COMPRESSION = {
    "dial": "Size of the latent",
    "headline": "{rank} numbers",
    "rate": "{bytes} a token in {layers} layers; ordinary attention: {all}",
    "ratio": "{ratio} times smaller",
    "method": "Method",
    "ranks": "Rank",
    "before": "Before",
    "after": "After",
    "difference": "After − before",
    "hint": "rows are queries, columns keys",
    "layer": "Layer",
    "head": "Head",
    "next": "What comes next",
    "nextHint": "before and after",
    "grid": "All heads",
    "gridHint": "click one to look at it",
    "gridCell": "layer {layer}, head {head}: {value}",
    "latent": "The latent itself, layer {layer}",
    "latentHint": "rows are tokens, columns its {rank} numbers, the most valuable first",
    "latentCell": "{token}, number {column}: {value}",
    "cell": "{query} → {key}: {value}",
}
KL = "{last} nats at the last token, {mean} on average"
KL_TITLE = "KL divergence: "
FAILS_HEAD = (
    "The first head to lose its place is layer {layer}, head {head}: with {rank} numbers "
    "{moved} of its attention lies elsewhere."
)
FAILS_NO_HEAD = "No head loses a tenth of its attention down to {least} numbers."
FAILS_TOKEN = (
    "The first prediction to change is the one after “{after}”: with {rank} numbers “{was}” "
    "becomes “{became}”."
)
FAILS_NO_TOKEN = "No prediction changes down to {least} numbers."
FAILS_TRIED = "(Tried from {most} numbers down in steps of {step}.)"
FAILS_WAITING = "Looking for what fails first …"
COMPUTED_COMPRESSION = "{after} · method {method} · calibrated on {tokens:,} tokens of {whose}"
WHOSE_TEXT = {False: "our training text", True: "your text"}
OWN_TEXT = "Calibrate on a text of your own"
OWN_TEXT_ABOUT = (
    "The methods from “whitened” on keep what matters for the text they are calibrated on. Give "
    "a text of at least as many tokens as the latent has numbers; a few pages are better. It "
    "stays on this server; reading it takes seconds, with GPT-2 longer."
)
OWN_TEXT_USE = "Use this text"
OWN_TEXT_OURS = "Back to our text"
NAIVE_ONLY = (
    " This model rotates its keys after they are rebuilt: its conversion can run the naive path "
    "only, and must rebuild all keys at each step."
)

CURVE_TITLE = "{model}: loss added, against cache size"
CURVE_ALT = (
    "Lines of what is added to the held-out loss of {model} against the numbers cached a token and layer, one for "
    "each way to convert it, with the natively trained models and the present choice as points."
)
CURVE_X = "numbers cached a token and layer"
CURVE_Y = "nats a token more than {model}"
CURVE_NOTE = (
    "Lines: recorded on one {device}, {date}, torch {torch}, {texts} held-out texts, each model's loss "
    "less that of the original on the same texts. "
    "Crosses: after 60 s of healing on the same GPU (only the factors are trained). "
)
CURVE_LIVE = (
    "The ring is your choice, measured now on {texts} of those texts ({increase:+.3f} nats "
    "against the original, both measured now)."
)
CURVE_WAITING = "Your choice is being measured on {texts} held-out texts …"
LIVE = "your choice, now"
LAYERWISE = "auto, spread"
TRAINED = "trained from the start"
NO_CURVE = "Loss curves are recorded for the built-in models only."
HEALED = "healed for 60 s"
SPECTRUM_TITLE = "Layer {layer}: worth of each direction"
SPECTRUM_ALT = (
    "Falling line of what each of {count} directions of layer {layer} is worth; {rank} are kept."
)
SPECTRUM_X, SPECTRUM_Y = "direction", "share of the energy"
SPECTRUM_CUT = "dropped"
SPECTRUM_KEPT = "{rank} kept by {method}: {kept:.2%} of the energy"
LAYERS_TITLE = "Layer by layer"
LAYER_COLUMNS = ("layer", "rank", "method", "energy kept", "worst head: keys lost", "values lost")

WHY = "Why this works"
WHY_EXACT = """
Four things cost GPT-2 nothing, measured just now on your text in float32 (largest difference
anywhere; the largest logit is {largest_logit:.1f}):

| what | largest difference |
|---|---|
| **Drop the key bias.** It adds the same to every score of a row, and softmax does not see that. | {key_bias:.1e} of attention |
| **Fold the value bias into W_O's.** The rows of a pattern add up to 1, so it comes out whole. | {value_bias:.1e} of a logit |
| **A latent as wide as the model (rank {d}).** K and V are both made from the same {d} numbers: half the cache for no loss at all. | {full_rank:.1e} of a logit |
| **Absorb the up-projections.** Queries move into the latent instead of keys out of it. | {absorbed:.1e} of a logit |
"""
WHY_NOTES = """
**One latent, two jobs.** Keys and values are both linear in the same vector x. So a smaller vector
c_KV = W_DKV (x − shift) can stand in for both, as long as the directions of x that it drops matter
little. Every method here is an answer to *which directions matter*, and all are least squares: no
training.

**The first token for free.** ⟨start⟩ is where heads put the attention they do not need, and its x
lies far from all others. Measured from there (shift = x of the first token), its latent is zero and
its keys and values stay exact. The head-aware and the loss-aware method do so; measured from the
mean instead, a cut at this place costs them more.
"""
WHY_CURVE = """
**What training natively buys.** The diamond is mini-mla, which learned its latent from the start:
80 numbers a token and layer, and almost the loss of full attention. No conversion of a finished
model comes near it at that size; healing goes a part of the way.
"""
