"""Filters that a written completion passes before it is offered: one filter a file."""
