"""Whether a sample may be kept, where it is cut, and what was found."""
