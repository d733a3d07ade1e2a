"""Attention over real caches: `multihead` (MHA, GQA, MQA) and `latent` (MLA, naive and absorbed)."""
