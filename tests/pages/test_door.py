"""Links and sessions: once, for a while, and never more than a few."""

from __future__ import annotations

import pytest

from echo_pages.door import (
    IDLE_MS,
    SESSION_MS,
    SESSIONS_MAX,
    TICKET_MS,
    TICKETS_MAX,
    Door,
)
from echo_testing.wound_clock import WoundClock


@pytest.fixture
def clock() -> WoundClock:
    return WoundClock()


@pytest.fixture
def door(clock: WoundClock) -> Door:
    return Door(clock)


def test_a_link_works_once(door: Door) -> None:
    token = door.ticket()
    entered = door.enter(token)
    assert entered is not None
    assert door.enter(token) is None
    cookie, session = entered
    assert door.session(cookie) is session
    assert len({token, cookie, session.csrf}) == 3
    assert min(map(len, (token, cookie, session.csrf))) >= 43  # 256 bits


@pytest.mark.parametrize("token", ["", "x", "\0", "ü" * 400])
def test_what_is_no_token_opens_nothing(door: Door, token: str) -> None:
    door.ticket()
    assert door.enter(token) is None
    assert door.session(token) is None


def test_a_cookie_is_no_link_and_a_link_no_cookie(door: Door) -> None:
    token = door.ticket()
    assert door.session(token) is None
    entered = door.enter(token)
    assert entered is not None
    assert door.enter(entered[0]) is None


def test_a_link_gets_old(door: Door, clock: WoundClock) -> None:
    token = door.ticket()
    clock.pass_ms(TICKET_MS - 1)
    assert door.wanted_ms == 1
    clock.pass_ms(1)
    assert door.enter(token) is None
    assert door.wanted_ms == 0


def test_a_session_ends_by_silence_by_age_and_by_leaving(door: Door, clock: WoundClock) -> None:
    def enter() -> str:
        entered = door.enter(door.ticket())
        assert entered is not None
        return entered[0]

    silent = enter()
    clock.pass_ms(IDLE_MS - 1)
    assert door.session(silent) is not None
    clock.pass_ms(IDLE_MS)
    assert door.session(silent) is None
    old = enter()
    for _ in range(SESSION_MS // (IDLE_MS // 2) - 1):
        clock.pass_ms(IDLE_MS // 2)
        assert door.session(old) is not None
    clock.pass_ms(IDLE_MS // 2)
    assert door.session(old) is None
    left = door.session(cookie := enter())
    assert left is not None
    door.leave(left)
    assert door.session(cookie) is None
    assert door.wanted_ms == 0


def test_neither_links_nor_sessions_pile_up(door: Door) -> None:
    tokens = [door.ticket() for _ in range(TICKETS_MAX + 1)]
    assert door.enter(tokens[0]) is None
    assert door.enter(tokens[-1]) is not None
    cookies = []
    for _ in range(SESSIONS_MAX + 1):
        entered = door.enter(door.ticket())
        assert entered is not None
        cookies.append(entered[0])
    assert door.session(cookies[0]) is None
    assert door.session(cookies[-1]) is not None


def test_a_notice_is_told_once(door: Door) -> None:
    entered = door.enter(door.ticket())
    assert entered is not None
    session = entered[1]
    session.tell("done", "It is done.")
    assert session.told() == [("done", "It is done.")]
    assert session.told() == []
