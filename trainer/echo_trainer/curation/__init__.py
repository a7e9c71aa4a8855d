"""Which samples a model learns from: steps and one sampler, as values and decisions (paper 4.5).

    parameters     every number that decides, with its reason
    drops          why a sample is not taken
    recheck        what is looked at again when a bundle was opened
    tokens         a text as tokens and their hashes
    likeness       whether two samples teach the same
    contamination  whether a sample holds what models are judged by
    rarity         what too few people wrote, and how it is hidden
    proportions    how much of what: silence, lengths, languages, persons
    sampler        all of it at once, in one order
    split          what is held out
    mixture        what there was, and what was taken
    manifest       a dataset version as a document that can be checked

Left out: tables and engines (`echo_trainer.lake`), putting the steps together
(`echo_trainer.datasets`).

Rules
 - Nothing here reads a file, a clock or a random number: chance is a digest of seed and sample.
 - No decision depends on the order in which samples come, nor on how they are divided.
 - Decisions are made with whole numbers, so that they are the same on every machine.
 - A sample is cut, hidden in its context or dropped; its target is never changed.
"""
