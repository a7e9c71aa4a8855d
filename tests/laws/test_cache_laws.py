"""The cache answers as a plain list of entries would, whatever was put, typed and deleted."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from echo_core.completion import cache
from echo_core.completion.cache import (
    AFTER_CHARS,
    CLOSERS_MAX,
    CONTEXT_CHARS,
    Cache,
    Entry,
    spot_at,
)
from echo_core.completion.window import CLOSERS

FEW = st.text(alphabet="ab\n)", max_size=12)


@dataclass
class NaiveCache:
    """Every entry as (text before, written, text after), the newest last; those beside apart."""

    entries: list[tuple[str, str, str, str]] = field(default_factory=list)
    beside: list[tuple[str, str, str, str]] = field(default_factory=list)

    def put(self, kind: str, text: str, offset: int, written: str, beside: bool) -> None:
        if written.strip():
            entry = (kind, text[:offset], written, text[offset:])
            # The same text at the same place stands there once, as what it was put last as.
            for entries in (self.entries, self.beside):
                entries[:] = [one for one in entries if not same_entry(one, entry)]
            (self.beside if beside else self.entries).append(entry)

    def find(self, kind: str, text: str, offset: int) -> tuple[str, str] | None:
        for known, before, written, after in [*reversed(self.entries), *reversed(self.beside)]:
            for typed in range(min(len(written), offset + 1)):
                start = offset - typed
                if known != kind or not written.startswith(text[start:offset]):
                    continue
                if same_before(before, text[:start]) and same_after(after, text[offset:]):
                    return written[:typed], written[typed:]
        return None


def same_entry(one: tuple[str, str, str, str], other: tuple[str, str, str, str]) -> bool:
    kind, before, written, after = one
    return (
        (kind, written, after[:AFTER_CHARS]) == (other[0], other[2], other[3][:AFTER_CHARS])
    ) and same_before(before, other[1])


def same_before(one: str, other: str) -> bool:
    """The line so far is the same, and as many characters before it as the cache looks at."""

    def seen(text: str) -> tuple[str, str]:
        line = text.rfind("\n") + 1
        station = len(text) - (len(text) - line) % cache.STATION_CHARS
        return text[max(0, station - CONTEXT_CHARS) : station], text[station:]

    return seen(one) == seen(other)


def same_after(one: str, other: str) -> bool:
    for closers in range(CLOSERS_MAX + 1):
        if other[closers : closers + AFTER_CHARS] == one[:AFTER_CHARS]:
            return True
        if other[closers : closers + 1] not in CLOSERS:
            return False
    return False


History = tuple[list[tuple[str, str, int, str, bool]], list[tuple[str, int]]]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """What is put, and where it is looked for: near what was put, changed a little."""
    puts, asks = [], []
    for _ in range(draw(st.integers(1, 5))):
        text = draw(FEW) * draw(st.sampled_from([1, 1, 30]))
        offset = draw(st.integers(0, len(text)))
        written = draw(FEW)
        puts.append((draw(st.sampled_from("kl")), text, offset, written, draw(st.booleans())))
        typed = written[: draw(st.integers(0, len(written)))] + draw(st.sampled_from(["", "a"]))
        added = draw(st.sampled_from(["", "", ")", "b"]))
        asks.append((text[:offset] + typed + added + text[offset:], offset + len(typed)))
    return puts, asks


@settings(max_examples=400)
@given(histories())
def test_it_finds_what_a_list_finds(history: History) -> None:
    real, naive = Cache(), NaiveCache()
    puts, asks = history
    for kind, text, offset, written, beside in puts:
        real.put(Entry(spot_at(kind, text, offset), beside=beside), written)
        naive.put(kind, text, offset, written, beside)
        for document, at in [*asks, *[(text, at) for _, text, at, *_ in puts]]:
            hit = real.find("k", document, at)
            assert (None if hit is None else (hit.typed, hit.rest)) == naive.find("k", document, at)


@settings(max_examples=200)
@given(histories(), st.integers(3_000, 40_000))
def test_it_stays_within_its_bytes_and_forgets_to_nothing(history: History, bytes_max: int) -> None:
    small = Cache(bytes_max)
    for kind, text, offset, written, _ in history[0]:
        small.put(Entry(spot_at(kind, text, offset)), written)
        assert 0 <= small.bytes <= bytes_max
        assert (small.bytes == 0) == (len(small) == 0)
    empty = Cache(0)
    for kind, text, offset, written, _ in history[0]:
        empty.put(Entry(spot_at(kind, text, offset)), written)
    assert (empty.bytes, len(empty)) == (0, 0)
