"""What says who somebody is: exact names of this machine, and forms that any such thing has.

`names` knows the names that are handed in; `network` e-mail and machines' addresses, `numbers`
telephones, cards and accounts, `places` home folders and streets.

Left out: what follows from a hit, and placeholders (`echo_core.judging.checks.personal`).

Rules
 - A hit never crosses an end of a line, so that replacing it keeps all lines.
 - What the standards set aside for examples is nobody's: example.com, 192.0.2.1, 555-0100.
 - A hit that only a comment or a string can hold says so (`Kind.prose_only`).
"""
