"""Service: makes candidate samples into judged ones, while nobody types (docs/verification.md)."""
