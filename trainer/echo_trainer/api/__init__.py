"""Edge: the trainer over HTTP."""
