"""The transformer around the attention: opening Hugging Face directories, and their tokenizers."""
