"""The life of a gap: its table of transitions, whose edit it was, indexes for thousands of them."""
