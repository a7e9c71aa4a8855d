"""What intake remembers of those who ask, and of uploads that were cut, has an end."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from echo_core.sharing.bundle.envelope import ENVELOPE_BYTES_MAX
from echo_trainer.intake import rates
from echo_trainer.intake.judging import Refused
from echo_trainer.intake.parts import KEPT_MS, Parts
from echo_trainer.intake.rates import AddressRates

ADDRESSES = 1000


def asked(known: AddressRates, first: int) -> None:
    """As many addresses as are remembered, each with a request and an upload."""
    for number in range(first, first + ADDRESSES):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        known.ask(address)
        with known.upload(address):
            pass


def test_an_attacker_with_every_address_costs_as_much_as_one_with_a_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "ADDRESSES_MAX", ADDRESSES)
    known = AddressRates(2, 1, lambda: 0.0)
    tracemalloc.start()
    try:
        asked(known, 0)
        asked(known, ADDRESSES)
        before, _ = tracemalloc.get_traced_memory()
        for times in range(2, 7):
            asked(known, times * ADDRESSES)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < before / 10


def test_one_address_is_remembered_while_others_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "ADDRESSES_MAX", 3)
    now_ms = [0.0]
    known = AddressRates(2, 1, lambda: now_ms[0])
    for other in ("10.0.0.1", "10.0.0.2"):
        known.ask("192.0.2.1")
        known.ask(other)
    with pytest.raises(Refused):
        known.ask("192.0.2.1")
    now_ms[0] = 30_000.0
    known.ask("192.0.2.1")
    with known.upload("192.0.2.1"), pytest.raises(Refused), known.upload("192.0.2.1"):
        pass
    known.ask("2001:db8::1")
    known.ask("2001:db8::2")  # the same household
    with pytest.raises(Refused):
        known.ask("2001:db8::3")


def test_parts_have_room_for_so_many_bytes_and_go_after_a_day(tmp_path: Path) -> None:
    now_ms = [1_000_000]
    parts = Parts(tmp_path / "parts", lambda: now_ms[0], room=1000)
    assert parts.keep("a" * 64, bytes(600))
    assert not parts.keep("b" * 64, bytes(500))
    assert parts.size("b" * 64) is None
    assert parts.keep("a" * 64, bytes(900))  # its own room is its own
    assert not parts.keep("a" * 64, bytes(ENVELOPE_BYTES_MAX + 1))
    assert sum(path.stat().st_size for path in (tmp_path / "parts").iterdir()) == 900
    again = Parts(tmp_path / "parts", lambda: now_ms[0], room=1000)
    assert (again.size("a" * 64), again.keep("b" * 64, bytes(200))) == (900, False)
    now_ms[0] += KEPT_MS + 1
    assert parts.purge() == 1
    assert list((tmp_path / "parts").iterdir()) == []
