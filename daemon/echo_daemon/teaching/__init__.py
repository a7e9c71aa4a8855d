"""Teacher and verifier: what an instruct model is asked about a sample, and what it answered.

Left out: engines and endpoints themselves (`echo_engine`, `echo_daemon.remote`), what
follows from an answer (`echo_core.judging.checks`), and when anybody is asked (the distilling
service).
"""
