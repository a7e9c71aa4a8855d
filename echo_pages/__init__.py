"""Pages on loopback for one person's browser: what the inspector and the trainer's console share.

    door        links that work once, and the sessions that they become
    guard       which requests are looked at, and what every answer says
    neighbours  whose connection it is
    serving     the socket, kept within bounds
    forms       what a form sent, within bounds
    site        every request passes one gate
    visiting    one look at a page
    rendering   templates, and files that are the same for everybody
    words       numbers and times as people read them
    house       a port that is open while somebody may come
    templates, static   the frame of every page, its looks

Left out: what is on the pages and what they do (`echo_daemon.inspector`, `echo_trainer.console`).
Threats, and how each is met: docs/inspector.md.

Rules
 - Nobody listens until a person asks for a link; when nobody looks any more the port is closed.
 - No page has a script, and no page asks anybody else for anything.
 - `house` and `door` load no server and no template: a program whose pages were never opened pays
   nothing.
"""
