"""Adapter over the files of a workspace: which names they make for each other."""
