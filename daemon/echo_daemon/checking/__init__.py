"""The cheap checks, and the process that they run in.

A process of its own for three reasons: what a check does at a time does not hold up a key, a
parser or a pattern that runs wild takes nobody with it, and the memory of all this is given back
when there is nothing to do.

Left out: what is judged and when (`echo_daemon.distilling`).
"""
