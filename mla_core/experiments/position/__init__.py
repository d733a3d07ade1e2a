"""The experiments of the chapter `pages/position.py`."""
