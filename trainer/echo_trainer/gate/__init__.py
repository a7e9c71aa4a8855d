"""Judges the very file that would be shipped, through the engine that serves, against the base.

    written, codebleu    pure: one answer beside what was kept, as figures
    comparing            pure: are these figures worse than those, or are there too few to tell?
    deciding             pure: all comparisons, and the verdict
    problems             files of infilling problems, as cursors
    asking               one question at the engine, as the daemon asks it
    ledger               what was answered already, as figures
    judging              all questions, to both models
    report, page, card   the verdict as a document, a page and a model card

Left out: training (`echo_trainer.training`), releasing (`echo_trainer.release`), settings.

Rules
 - The pure parts know no engine: they are tested with answers that are made up.
 - No text of a sample is in a report, the ledger, a log or an error: figures alone.
"""
