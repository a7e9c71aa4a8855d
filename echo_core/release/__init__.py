"""Releases: what one is, who gets it, what a client does about it, when it is given up again.

    metadata  what is signed with a model file: base, kind, digests, what it asks of a client
    channel   what is signed apart: which releases go to how many, experiments, what is blocked
    naming    how an event names the release that answered
    choice    what a client does: take, stay, go back, refuse
    guards    when a release that was taken is given up

Left out: signatures and files (`echo_daemon.releases`, `echo_trainer.release`), loading a model
(`echo_engine`), how a release is trained and judged.

Rules
 - Which releases a client is offered depends on a random number of its own, which it tells nobody.
 - Whatever comes in, there is an answer: what cannot be understood is refused, with a reason.
 - No reason is given up in silence: each is an enum member with a sentence.
"""
