"""What there is to choose from: models, pairs, prompts; names and data, no sentences."""

MODELS = ("mini-gpt2", "mini-mla")  # what a new visitor sees

FAMILY = ("mini-mha", "mini-gqa", "mini-mqa", "mini-mla")

ORIGINALS = {"same": "mini-gpt2", "gpt2": "gpt2"}  # pairs of a model and its own conversion

# models that the page makes latent, by the pair that is chosen
CONVERTED = {
    "mini": ("mini-gpt2", "mini-mha"),
    "same": ("mini-gpt2",),
    "gpt2": ("gpt2",),
    "large": ("mini-gpt2", "mini-mha"),  # a large one is latent already
}

# the ready-made prompts; each has a recorded trace under assets/traces
PROMPTS = {
    "flag": "The American flag is red, white, and",
    "capitals": "The capital of Italy is Rome. The capital of France is",
    "story": "Once upon a time, there was a little girl named Lily. Lily had a red",
    "opposites": "The opposite of big is small, and the opposite of fast is",
    "days": "Monday, Tuesday, Wednesday,",
    "friends": "Tom gave the ball to Anna, and then Anna gave the ball to",
}
