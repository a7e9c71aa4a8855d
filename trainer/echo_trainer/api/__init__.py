"""Edge: intake over HTTP (`echo_core.sharing.bundle.protocol`).

    app       the routes, and what an answer looks like
    documents what they say of themselves (OpenAPI)
    bodies    a body is read: bounded in size and in time
    peers     who asks, behind which proxy
    gauges    what Prometheus reads
    server    sockets, TLS, and connections that say nothing
    minding   what is done every minute: sweeping, counting, one line in the log

Left out: what is taken and why not (`echo_trainer.intake`).

Rules
 - An answer says one word and one sentence; nothing of what was sent comes back in it.
 - No label of a metric is anybody's: reasons, kinds and routes, and nothing else.
"""
