"""Envelopes by their digest: in a local folder, or in an object store that a URL names.

    api     what a store of objects is
    folder  a local folder: written whole or not at all, durable when `put` returns
    remote  S3 and what speaks like it, through obstore
    places  which one a URL means

Left out: which objects there should be (`echo_trainer.tables`), what is in them.

Rules
 - An object's name is the SHA-256 of its content. Putting one twice is putting it once, and what
   comes back is compared with its name.
 - A local disk and a bucket fail in their own ways; what comes out is a `TrainerError`.
"""
