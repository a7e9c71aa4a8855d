"""Experiments: what consenting clients counted on each side, and what follows from it.

    metrics     pure: what is compared, as ratios of counters
    ratios      pure: estimates and intervals of ratios, clustered by client
    sequential  pure: intervals that hold however often somebody looks
    balance     pure: whether the sides have as many clients as they should
    judging     pure: the report: figures, and the sentence that follows from them
    counting    service: week reports become rows
    saying      the report as text and as JSON
    page        the report as a page

Left out: who is on which side (`echo_core.release.channel`), putting an experiment into a channel
(`echo_trainer.release.publishing`), where rows lie (`echo_trainer.tables.counters`).
docs/experiments.md says what the figures mean and what was simulated.

Rules
 - A client's week is the unit: people differ, and what one person does in a week is one draw.
 - Weeks cannot be joined, because pseudonyms change; nothing here treats two weeks as two people.
 - No pseudonym is in a report.
"""
