"""Ciphers and signatures of what leaves: HPKE (RFC 9180), Ed25519, HKDF; `cryptography` alone.

    hpke      a bundle's bytes become unreadable for everybody but the trainer
    identity  one pseudonym a week, derived from a secret that stays here
    trainer   the trainer's public keys, believed because a pinned root key signed them
    sealer    the three together: from a bundle to an envelope

Left out: what is in a bundle and how its envelope looks (`echo_core.sharing.bundle`), where the
secret is kept (`echo_daemon.store`), opening: no key that could is on this machine.

Rules
 - Every byte that is sealed is bound to what is seen from outside, through HPKE's `info`.
 - A key or secret appears in no message, log or exception.
"""
