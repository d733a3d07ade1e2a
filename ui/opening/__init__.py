"""How a page begins: the prompt, the models, and what must be there before it can draw."""
