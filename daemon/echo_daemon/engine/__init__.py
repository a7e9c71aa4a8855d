"""The engine worker (a child process on llama.cpp) and its keeper in the daemon."""
