"""The experiments of the chapter `pages/latent_compression.py`."""
