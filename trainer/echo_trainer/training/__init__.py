"""Fine-tuning a base on a dataset version: prompts as they are served, loss on what was kept.

Left out: which samples (`echo_trainer.curation`), whether the result may be released (the gate),
releasing (`echo_trainer.release`).

Rules
 - `examples` and `names` are pure; torch and its company are loaded by `bases`, `fitting` and
   `export` alone, which nothing imports before a command needs them.
"""
