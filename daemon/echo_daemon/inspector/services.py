"""What the pages show and do, all of it by others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from echo_daemon.consenting import Consenting
from echo_daemon.hub import Hub
from echo_daemon.inspecting.api import Inspecting
from echo_daemon.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class Services:
    """The same that `echoctl` speaks to, and what is only looked at."""

    inspecting: Inspecting
    hub: Hub
    consenting: Consenting
    outgoing: Outgoing
    erase: Callable[[], Awaitable[None]]
