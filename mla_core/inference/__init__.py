"""Running models: traces, decoding, the TransformerLens baseline, caches as files."""
