"""What gives a credential away: facts about forms, names and randomness, one module a kind.

`forms` and its tables know tokens whose form says whose they are; `keys` private keys, signed
tokens and addresses with passwords; `assigned` values that are given a telling name; `randomness`
what is left; `placeholders` what only looks like one of these.

Left out: what follows from a hit (`echo_core.judging.checks.secrets`).

Rules
 - Forms are facts from the providers' own documents, and of many years: old forms stay.
 - Recall comes first. A sample that is lost is cheap, a credential that leaves is not.
 - Work is bounded by counting: a rule looks at places found by a plain search, and from each only
   so far. No input makes a scan superlinear (`echo_core.judging.checks.scan`).
"""
