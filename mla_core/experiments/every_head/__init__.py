"""The experiments of the chapter `pages/every_head.py`."""
