"""A package of echo-lsp's name, so that a replay starts the simulator instead of it."""
