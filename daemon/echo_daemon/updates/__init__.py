"""Service: takes releases, tries them, puts them in place, and goes back where they do harm.

    api      what it needs of others
    updater  the round: look, choose, fetch, swap; and what people ask of it
    trial    what a model is asked before it takes over

Left out: what is believed (`echo_daemon.releases`), how a model is swapped
(`echo_engine`), what is chosen and when it is given up (`echo_core.release`).

Rules
 - Nothing is fetched while no repository is configured; without one, and without a network,
   what is in use stays in use.
 - A release is in use when it has written in a trial; what was there before is kept.
 - Whatever fails, something answers, and the reason is told.
"""
