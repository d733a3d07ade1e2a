"""What `pages/latent_compression.py` alone needs beyond its component."""
