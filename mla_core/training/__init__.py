"""How the embedded models were made; `python -m mla_core.training --help` repeats it."""
