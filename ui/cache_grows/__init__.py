"""What `pages/cache_grows.py` alone needs beyond its component."""
