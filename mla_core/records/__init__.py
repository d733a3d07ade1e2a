"""What crosses from computing to drawing: frozen, numpy, picklable, free of torch."""
