"""The release repository as a client sees it: The Update Framework over HTTP, and files kept here.

    fetching    bytes from a web server, within limits, and on from where they were cut off
    repository  what is believed of them: python-tuf's client, from a root that was handed out
    keeping     the folder of releases on this machine, and what is known about them

Left out: what a channel means (`echo_core.release`), what is done about it (`echo_daemon.updates`).

Rules
 - Nothing is sent but requests for files: no name of this machine, no number of its own.
 - Nothing is believed that was not signed; a file has its final name when its digest is right.
"""
