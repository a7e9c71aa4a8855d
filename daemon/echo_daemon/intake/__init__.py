"""The trainer's intake over HTTP: the only code that sends anything, and it decides nothing.

    client  four requests: its keys, how much of an upload arrived, an upload, a wish to delete

Left out: whether anything may be sent and when (`echo_daemon.sharing`), what the bytes are.

Rules
 - A connection is opened by a call and closed with it; nothing is kept open, nothing is prepared.
 - No credential, cookie or name of this machine is sent, and no redirect is followed.
 - Only https, except to this machine itself.
"""
