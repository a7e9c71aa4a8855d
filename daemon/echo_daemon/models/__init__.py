"""Model files: catalogue, sources, and the shelf on which they lie."""
