"""What our code costs beside transformers on the same weights, in the same run."""
