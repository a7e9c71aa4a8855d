"""The engine: a child process on llama.cpp, and the client that starts it and survives its end.

The daemon completes with it, and the trainer judges with it what it would ship. Left out: stores,
documents, people; what is asked holds all that is needed.
"""
