"""The lake: samples and dataset versions as Delta tables, and the engine that computes over them.

    places     where what lies: a folder or a bucket
    shredding  one key a pseudonym, destroyed when its samples must go
    cells      a sample's texts, closed with its pseudonym's key
    samples    the table of all samples that were opened
    versions   tables and documents of dataset versions
    engine     Daft, on this machine or on a Ray cluster
    columns    numbers and lists between Arrow and NumPy
    work       what is done with each batch of rows
    plan       the passes over all rows

Left out: what is decided (`echo_trainer.curation`), in which order (`echo_trainer.datasets`).

Rules
 - No text of a sample is at rest but in a cell. Scratch tables hold digests, and go with their run.
 - Parallel is what Daft makes parallel; nothing here starts a thread or process.
"""
