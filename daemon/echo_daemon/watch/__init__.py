"""Adapter over watchdog: which of the paths that somebody cares for changed."""
