"""The trainer's intake over HTTP: the only code that sends anything, and it decides nothing.

    client  four requests: its keys, how much of an upload arrived, an upload, a wish to delete

Left out: whether anything may be sent and when (`echo_daemon.sharing`), what the bytes are.

Rules
 - A connection is opened by a call and closed with it; nothing is kept open, nothing is prepared.
 - No cookie or name of this machine is sent, and no redirect is followed; a credential only with
   uploads, where the person set one: a team's token, the same for all of the team.
 - Only https, except to this machine itself.
"""
