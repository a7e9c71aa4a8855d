"""What leaves this machine: when, and by which leave.

    api        what it needs of others, as protocols
    office     the service: what people ask, and the round that is made once a minute
    collecting new samples come into the outbox
    sealing    what is due becomes parcels
    sending    parcels and wishes go out
    reporting  a week of counters becomes a parcel

Left out: who may say no (`echo_core.sharing.consent`), the outbox itself
(`echo_daemon.store.outbox`), ciphers (`echo_daemon.sealing`), sockets (`echo_daemon.intake`).

Rules
 - Leave is asked for again before each step and each parcel; nothing is remembered as allowed.
 - No socket is opened without leave. The one exception is a wish to delete, which only exists
   after something may have been sent and its person took their leave back.
 - An attempt is on disk before it is made: what may have arrived can be asked back.
"""
