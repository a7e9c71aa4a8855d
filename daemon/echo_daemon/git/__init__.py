"""Adapter over git: its files, read directly, and its program, run without side effects."""
