"""One question put to a model, a package a chapter."""
