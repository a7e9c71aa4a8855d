"""Adapter over what a machine knows of its users: their names, logins, homes, and its own name."""
