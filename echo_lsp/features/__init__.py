"""One file per group of LSP methods: an adapter from a message to the session and the daemon."""
