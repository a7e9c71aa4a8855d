"""The trainer's settings: one module a table of trainer.toml.

table    all tables together; reading file and environment
intake   [intake]: where intake listens, whom it admits, how much it takes
storage  [storage]: where envelopes and rows are kept
curation [curation]: what curation computes with, and what it accepts
"""
