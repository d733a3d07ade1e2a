"""The experiments of the chapter `pages/absorption.py`."""
