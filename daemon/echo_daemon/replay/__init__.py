"""Playing a trace through the real language server, as an editor would."""
