"""The trainer's keys, in files of its home; `cryptography` alone.

    files       one key a file, 0600; the public ones beside them
    ring        the root key, the keys that open bundles: made, shown, changed for new ones
    opening     a sealed bundle becomes readable: for curation alone
    signatures  what a contributor signed is checked; receipts are signed

Left out: sealing, which happens on the machines of those who contribute (`echo_daemon.sealing`).

Rules
 - Intake imports `signatures` and nothing else of this package: an import contract. It reads
   `keys/public` and the key for receipts, which opens nothing.
 - A key stands in no log, message or exception.
"""
