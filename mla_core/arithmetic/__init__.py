"""What can be said without running a model: formulas, bytes, rooflines, published models."""
