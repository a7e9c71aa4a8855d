"""The daemon's address: listening at it, connecting to it, and knowing who is there.

Left out: what is said (`rpc`), starting a daemon (`connect`).

Rules
 - Unix socket, 0600, in the profile's 0700 folder; whoever connects, and whoever listens, must
   run as our user according to the kernel.
 - Where there are no Unix sockets: loopback TCP at a free port; port and a random token stand in
   a 0600 file, and Hello without that token is refused.
 - A stale socket is removed only by the holder of the profile's lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from echo_core.errors import DaemonError
from echo_core.records import wire
from echo_runtime.lock import ProfileLock
from echo_runtime.logs import Label, Log
from echo_runtime.profile import Profile
from echo_runtime.rpc import Peer

_LOCAL_PEERCRED: Final = 1  # macOS and FreeBSD, at level 0; Python has no name for it
_XUCRED: Final = struct.Struct("=IIh")  # version, uid, number of groups; the rest is not needed
_XUCRED_BYTES: Final = 76


class Transport(StrEnum):
    """How the processes of one user reach each other."""

    UNIX = "unix"
    LOOPBACK = "loopback"


def usual_transport() -> Transport:
    """Unix sockets wherever there are any."""
    return Transport.UNIX if hasattr(socket, "AF_UNIX") else Transport.LOOPBACK


@dataclass(frozen=True, slots=True)
class Connected:
    """An open stream to the daemon; `token` goes into Hello."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    token: str


class Listener:
    """The daemon's open address. `token` is empty on Unix sockets."""

    def __init__(self, server: asyncio.Server, profile: Profile, token: str) -> None:
        self._server = server
        self._profile = profile
        self.token = token

    def close(self) -> None:
        """Listen no more and remove the address; open connections go on."""
        self._server.close()
        address = self._profile.address_path if self.token else self._profile.socket_path
        with contextlib.suppress(OSError):
            address.unlink()


async def listen(
    profile: Profile,
    on_peer: Callable[[Peer], None],
    log: Log,
    lock: ProfileLock,
    transport: Transport | None = None,
) -> Listener:
    """Listen at the profile's address.

    `on_peer` gets each connection before it starts, puts its handlers in and calls `start`; its
    HELLO handler calls `check_hello`. Nothing but HELLO is taken before HELLO has succeeded.
    `lock` is not used, it must only be held: without it a running daemon's socket would go.

    Raises:
        DaemonError: the address cannot be had.
    """
    del lock

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not _is_same_user(writer):
            log.warning("endpoint.foreign_user")
            writer.close()
            return
        on_peer(Peer(reader, writer, log, opening=wire.HELLO))

    try:
        if (transport or usual_transport()) is Transport.UNIX:
            return Listener(await _listen_unix(profile, accept), profile, "")
        return await _listen_loopback(profile, accept)
    except OSError as error:
        raise DaemonError(
            f"{profile.runtime_dir} cannot be listened in ({error.strerror}): set ECHO_HOME"
        ) from error


async def _listen_unix(
    profile: Profile, accept: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
) -> asyncio.Server:
    path = profile.socket_path
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(os.fspath(path))
        path.chmod(0o600)  # nobody came in between: the folder is 0700
        return await asyncio.start_unix_server(accept, sock=listening)
    except BaseException:
        listening.close()
        raise


async def _listen_loopback(
    profile: Profile, accept: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
) -> Listener:
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    token = secrets.token_urlsafe(32)
    port = server.sockets[0].getsockname()[1]
    unfinished = profile.address_path.with_suffix(".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(unfinished, flags, 0o600), "w") as file:
        json.dump({"port": port, "token": token}, file)
    unfinished.replace(profile.address_path)
    return Listener(server, profile, token)


async def connect(profile: Profile, transport: Transport | None = None) -> Connected | None:
    """A stream to the profile's daemon; None where nobody listens.

    Raises:
        DaemonError: somebody listens, and it is not this user.
    """
    try:
        if (transport or usual_transport()) is Transport.UNIX:
            reader, writer = await asyncio.open_unix_connection(profile.socket_path)
            token = ""
        else:
            address = json.loads(profile.address_path.read_text("ascii"))
            reader, writer = await asyncio.open_connection("127.0.0.1", int(address["port"]))
            token = str(address["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not _is_same_user(writer):
        writer.close()
        raise DaemonError(
            f"another user listens at {profile.runtime_dir}: remove that folder or set ECHO_HOME"
        )
    return Connected(reader, writer, token)


def check_hello(hello: wire.Hello, token: str) -> None:
    """What a daemon asks of a Hello before it says Welcome.

    Raises:
        DaemonError: another protocol, or not the token of this profile.
    """
    if hello.protocol != wire.PROTOCOL_VERSION:
        raise DaemonError(version_sentence(theirs=hello.protocol))
    if not hmac.compare_digest(hello.token.encode(), token.encode()):
        raise DaemonError("The token is not that of this profile: connect through ECHO_HOME.")


def version_sentence(*, theirs: int) -> str:
    """What a person is told where two versions of Echo meet."""
    return (
        f"Two versions of Echo run (protocols {wire.PROTOCOL_VERSION} and {theirs}): "
        "run `echoctl stop` and restart the editor."
    )


def log_mode(log: Log, transport: Transport) -> None:
    """Write down how this process is reached."""
    log.info("endpoint.listening", transport=transport, platform=Label(sys.platform))


def _is_same_user(writer: asyncio.StreamWriter) -> bool:
    """What the kernel says of the other end. TCP has the token instead."""
    sock: socket.socket = writer.get_extra_info("socket")
    if not hasattr(socket, "AF_UNIX") or sock.family != socket.AF_UNIX:
        return True
    uid = _peer_uid(sock)
    return uid is not None and uid == os.getuid()


def _peer_uid(sock: socket.socket) -> int | None:
    """The other end's user; None where this system cannot tell, which counts as a stranger."""
    try:
        if hasattr(socket, "SO_PEERCRED"):
            _pid, uid, _gid = struct.unpack(
                "3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            )
            return int(uid)
        if sys.platform == "darwin" or "freebsd" in sys.platform:
            credentials = sock.getsockopt(0, _LOCAL_PEERCRED, _XUCRED_BYTES)
            return int(_XUCRED.unpack_from(credentials)[1])
    except (OSError, struct.error):
        return None
    return None
