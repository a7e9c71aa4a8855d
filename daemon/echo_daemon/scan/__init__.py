"""Adapter over the secret scanner CredSweeper, where the extra `scan` is installed."""
