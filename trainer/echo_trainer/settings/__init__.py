"""The trainer's settings: one module a table of trainer.toml.

table    all tables together; reading file and environment
storage  [storage]: where envelopes and rows are kept
"""
