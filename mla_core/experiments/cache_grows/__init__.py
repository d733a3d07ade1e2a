"""The experiments of the chapter `pages/cache_grows.py`."""
