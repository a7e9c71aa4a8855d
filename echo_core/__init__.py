"""Echo's values and decisions: text, edits, gaps, prompts, events, samples.

Invariant: nothing in here reads a file, a socket, a clock, the environment or a random number,
and nothing in here starts a thread. Time, randomness and bytes come in as arguments; that is why
every line of it can be covered by tests and every law can be checked by generated input.
"""
