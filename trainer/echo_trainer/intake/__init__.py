"""Service: takes in sealed bundles and wishes to delete. It has no key that opens anything.

    judging   whether an envelope or a wish is what it says, by itself alone
    rates     how often an address may ask, and how much it may have under way
    parts     uploads that were cut, until their rest comes
    writer    batches: envelopes, rows and receipts together
    desk      all of it, as the API asks for it
    mending   what came back from a backup is made whole

Left out: HTTP (`echo_trainer.api`), rows (`echo_trainer.tables`), keys in files
(`echo_trainer.keys`).

Rules
 - What is refused is refused with a reason, and counted.
 - An answer is given when what it says is on disk.
 - No address and no pseudonym reaches a log, a metric or an error.
"""
