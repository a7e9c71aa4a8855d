"""Fine-tuning a base on a dataset version: prompts as they are served, loss on what was kept.

Left out: which samples (`echo_trainer.curation`), whether the result may be released (the gate),
releasing (`echo_trainer.release`).

Rules
 - `examples` is pure; torch and its company are loaded by `fitting` and by functions of `weights`,
   and nothing imports those before a command needs them.
 - No text of a sample and no token of one is written anywhere.
"""
