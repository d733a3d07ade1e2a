"""What the pages ask of the engine, and how its answers reach the screen."""
