"""What leaves this machine: its records, their only written form, and how they are wrapped.

    fields    a field says what it is for and what fits into it; records are written and read by it
    contents  a contributed sample, a bundle of them, a week of counters
    packing   zstandard, then padding to one of a few sizes
    protocol  paths, headers and refusals of the trainer's intake
    sending   what an answer means, when to try again
    making    from a sample that was kept to what may leave of it
    envelope  what is seen from outside of a sealed bundle; requests to delete, receipts, keys

Left out: ciphers and signatures (`echo_daemon.sealing`), what may leave at all
(`echo_core.sharing.consent`), sending (`echo_daemon.sharing`).

Rules
 - Nothing leaves but the fields of these records; docs/data-dictionary.md is made from them.
 - There is one form in bytes for a value, so that a preview and what is opened on the other side
   can be compared by digest.
 - What comes from outside is read strictly: everything that we would not write is refused.
"""
