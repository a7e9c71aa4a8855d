"""The release repository: models and channels, signed by The Update Framework, as static files.

    vault       private keys at rest, each sealed with a passphrase
    repository  the files: what is there, what would change, writing it
    ceremony    what the root's keys are needed for: to begin, and to change keys
    judged      what may be published of a training run: the file that the gate let pass
    publishing  what happens every week: publish, promote, roll out, roll back, block, refresh
    arranging   experiments in channels: to begin one, to end it, what one was
    checking    the whole repository, as a client would see it

Left out: training and judging (they hand over a file and its manifest, `echo_core.release`),
serving (any web server), clients (`echo_daemon.releases`). docs/releases.md describes it all.

Rules
 - Everything is done twice with the same result as once.
 - Nothing is written before all that will be is known; `timestamp.json`, which makes it visible,
   comes last. A run that was cut off is made good by the same command.
 - A private key is in memory while a command runs, and nowhere else in the clear.
"""
