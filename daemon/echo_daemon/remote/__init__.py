"""The endpoint that a person configured for the teacher: the only code that sends text away.

Left out: what is asked (`echo_daemon.teaching`), whether it may be (the record of consent).
"""
