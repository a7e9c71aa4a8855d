"""One turn of the flywheel on one machine, from nothing, with nothing replaced by a stand-in.

`make flywheel` (`python -m bench.flywheel`). Simulated developers with daemons of their own replay
real code, what they kept is mined, judged, contributed, taken in, curated, trained on, exported,
gated, published, taken by their clients; the same held-out work is replayed before and after.

    projects   real code as projects: what is typed for practice, and what is held out
    people     a developer: a profile, its daemon and language server, `echoctl`
    trainer    an administrator: a home, `echo-trainer` and its service, a web server
    stages     the turn, stage by stage
    tally      what was counted before and after, and how sure that is

Left out: anything that decides how good a model is for other people (docs/flywheel.md says what
the figures do and do not show).

Rules
 - Everything lies under one folder that is removed; every process is ended by its id.
 - People do what people do: through `echoctl`, `echo-trainer`, an editor's protocol.
 - Nothing that the gate refused is published.
"""
