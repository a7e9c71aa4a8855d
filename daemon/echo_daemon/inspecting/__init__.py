"""What a person sees of their Echo, as values: one module a page of the inspector.

Left out: how it looks (`echo_daemon.inspector`, `echo_daemon.ctl`), what a person may do about it
(`echo_daemon.hub`, `consenting`, `outgoing`).
"""
