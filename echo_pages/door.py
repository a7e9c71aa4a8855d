"""Who may come in: links that work once, and the sessions that they become.

Left out: sockets and HTTP (`serving`, `site`).

Rules
 - Tokens are random, held as digests, compared in constant time, and never written anywhere.
 - A link works once and for two minutes. A session ends after half an hour without a request,
   after eight hours in any case, or when its person says so.
 - Nothing survives the process.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from echo_core.clock import Clock

TICKET_MS: Final = 120_000  # to copy a link from a terminal into a browser
IDLE_MS: Final = 30 * 60_000  # a page left open over lunch is closed to whoever sits down
SESSION_MS: Final = 8 * 3_600_000  # a working day
TICKETS_MAX: Final = 8  # links not used yet; a further one makes the oldest useless
SESSIONS_MAX: Final = 8  # browsers at once; a further one ends the oldest
_TOKEN_BYTES: Final = 32  # 256 bits: as many as the store's key


@dataclass(slots=True)
class Session:
    """One browser that came in by a link."""

    key: bytes  # digest of what its cookie holds
    csrf: str  # stands in every form, and in no address
    began_ms: float
    seen_ms: float
    notices: list[tuple[str, str]] = field(default_factory=list)  # kind and sentence, told once

    def tell(self, kind: str, sentence: str) -> None:
        """Say something on the next page."""
        self.notices.append((kind, sentence))

    def told(self) -> list[tuple[str, str]]:
        """What is to be said, once."""
        said, self.notices = self.notices, []
        return said


class Door:
    """All links and sessions of pages that were opened once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tickets: dict[bytes, float] = {}  # digest of the token → when it ends
        self._sessions: dict[bytes, Session] = {}

    def ticket(self) -> str:
        """A new link's token."""
        self._sweep()
        while len(self._tickets) >= TICKETS_MAX:
            del self._tickets[next(iter(self._tickets))]
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._tickets[_digest(token)] = self._clock.steady_ms() + TICKET_MS
        return token

    def enter(self, token: str) -> tuple[str, Session] | None:
        """Use a link up: the cookie's value and the session, or None where it is no good."""
        self._sweep()
        key = _found(token, self._tickets)
        if key is None:
            return None
        del self._tickets[key]
        while len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        cookie, now = secrets.token_urlsafe(_TOKEN_BYTES), self._clock.steady_ms()
        session = Session(_digest(cookie), secrets.token_urlsafe(_TOKEN_BYTES), now, now)
        self._sessions[session.key] = session
        return cookie, session

    def session(self, cookie: str) -> Session | None:
        """The session of a cookie; it goes on from now."""
        self._sweep()
        key = _found(cookie, self._sessions)
        if key is None:
            return None
        session = self._sessions[key]
        session.seen_ms = self._clock.steady_ms()
        return session

    def leave(self, session: Session) -> None:
        """End a session."""
        self._sessions.pop(session.key, None)

    @property
    def wanted_ms(self) -> float:
        """How long somebody may still come; 0 when nobody can."""
        self._sweep()
        now = self._clock.steady_ms()
        ends = [*self._tickets.values(), *map(_end_ms, self._sessions.values())]
        return max((end - now for end in ends), default=0.0)

    def _sweep(self) -> None:
        now = self._clock.steady_ms()
        self._tickets = {key: end for key, end in self._tickets.items() if end > now}
        self._sessions = {key: one for key, one in self._sessions.items() if _end_ms(one) > now}


def _end_ms(session: Session) -> float:
    return min(session.seen_ms + IDLE_MS, session.began_ms + SESSION_MS)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _found(token: str, keys: dict[bytes, float] | dict[bytes, Session]) -> bytes | None:
    """The key that fits, after looking at all of them in constant time each."""
    wanted, found = _digest(token), None
    for key in keys:
        if hmac.compare_digest(key, wanted):
            found = key
    return found
