"""What every feature is handed: the session, the daemon, the status line and the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from echo_lsp.daemon_side import DaemonSide
from echo_lsp.session import Session
from echo_lsp.status import StatusLine
from echo_runtime.logs import Log

# Method, parameters, and what is called with the result; nothing is, where the client refuses.
AskClient: TypeAlias = Callable[[str, object, Callable[[object], None]], None]


@dataclass(frozen=True, slots=True)
class Services:
    """Made once by the server."""

    session: Session
    daemon: DaemonSide
    status: StatusLine
    log: Log
    ask_client: AskClient
