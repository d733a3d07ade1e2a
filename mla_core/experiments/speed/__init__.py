"""The experiments of the chapter `pages/speed.py`."""
