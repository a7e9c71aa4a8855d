"""Service: a repository's own history as candidate samples."""
