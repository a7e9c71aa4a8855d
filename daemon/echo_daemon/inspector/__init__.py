"""The inspector: pages on loopback where a person sees, stops and undoes what Echo does.

What is shown comes from `echo_daemon.inspecting`, what is done is done by the services that
`echoctl` uses; sessions, sockets and the frame of pages are `echo_pages`. Threats, and how each is
met: docs/inspector.md.

Rules
 - Nobody listens until a person asks for the link; when nobody looks any more the port is closed.
 - Nothing here is imported before that, so a daemon whose inspector was never opened pays nothing.
 - No page has a script, and no page asks anybody else for anything.
"""
