"""What a model reads, when it is asked, when it stops, and what of its answer is offered."""
