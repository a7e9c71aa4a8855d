"""The language server: thin, one per editor window; it translates LSP to the daemon's messages."""
