"""Model files: sources, and the shelf on which they lie."""
