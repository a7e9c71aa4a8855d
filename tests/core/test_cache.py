"""What was written before is found by the text around the cursor."""

from __future__ import annotations

import pytest

from echo_core.completion.cache import (
    CLOSERS_MAX,
    LINES_MAX,
    STATION_CHARS,
    TEXT_CHARS_MAX,
    Cache,
    Entry,
    Hit,
    spot_at,
)


def put(cache: Cache, drawn: str, written: str) -> Entry:
    """Keep `written` at the `|` of `drawn`."""
    before, _, after = drawn.partition("|")
    entry = Entry(spot_at("k", before + after, len(before)))
    cache.put(entry, written)
    return entry


def find(cache: Cache, drawn: str, kind: str = "k") -> Hit | None:
    before, _, after = drawn.partition("|")
    return cache.find(kind, before + after, len(before))


def rest(cache: Cache, drawn: str) -> str | None:
    hit = find(cache, drawn)
    return None if hit is None else hit.rest


@pytest.mark.parametrize(
    ("drawn", "found"),
    [
        ("x = f(|\ny", "value)\n    + 1"),  # the same place
        ("x = f(val|\ny", "ue)\n    + 1"),  # typed through
        ("x = f(value)|\ny", "\n    + 1"),  # the line was accepted
        ("x = f(value)\n    |\ny", "+ 1"),  # and the next one begun
        ("x = f(|)\ny", "value)\n    + 1"),  # the editor closed the bracket
        ("x = f(value)\n    + 1|\ny", None),  # all of it stands there
        ("x = f|\ny", None),  # before its place
        ("x = f(vel|\ny", None),  # contradicted
        ("z = f(|\ny", None),  # another line
        ("x = f(|\nyy", None),  # another text behind it
        ("x = f(|z\ny", None),
    ],
)
def test_one_entry(drawn: str, found: str | None) -> None:
    cache = Cache()
    put(cache, "x = f(|\ny", "value)\n    + 1")
    assert rest(cache, drawn) == found


def test_closers_beyond_what_an_editor_adds_are_text() -> None:
    cache = Cache()
    put(cache, "a|", "b")
    assert rest(cache, "a|" + ")" * CLOSERS_MAX) == "b"
    assert rest(cache, "a|" + ")" * (CLOSERS_MAX + 1)) is None


def test_the_newest_wins_and_the_same_is_kept_once() -> None:
    cache = Cache()
    put(cache, "a|", "bcd")
    put(cache, "a|", "bxy")
    assert rest(cache, "a|") == "bxy"
    assert rest(cache, "ab|") == "xy"
    assert rest(cache, "abc|") == "d"
    entry = put(cache, "a|", "bcd")
    assert len(cache) == 2
    assert find(cache, "a|") == Hit(entry, "", "bcd")


def test_another_kind_is_another_text() -> None:
    cache = Cache()
    put(cache, "a|", "b")
    assert find(cache, "a|", "other") is None


def test_what_cannot_be_shown_is_not_kept() -> None:
    cache = Cache()
    for written in ("", " \n ", "x" * (TEXT_CHARS_MAX + 1), "x\n" * LINES_MAX):
        put(cache, "a|", written)
    assert (len(cache), cache.bytes) == (0, 0)


def test_long_lines_and_long_texts_are_found() -> None:
    cache = Cache()
    line = "abc " * STATION_CHARS
    written = "d" * TEXT_CHARS_MAX
    put(cache, f"{line}|", written)
    assert rest(cache, f"{line}|") == written
    assert rest(cache, f"{line}{written[1:]}|") == "d"
    put(cache, "|", "x\n" * (LINES_MAX - 1))
    assert rest(cache, "x\n" * (LINES_MAX - 2) + "|") == "x\n"


def test_the_entry_of_least_use_goes_first() -> None:
    cache = Cache(bytes_max=10_000)
    put(cache, "a|", "one")
    put(cache, "a|", "once")
    assert rest(cache, "aone|") is None  # all of "one" stands there
    assert rest(cache, "aonc|") == "e"
    put(cache, "a|", "one")
    for number in range(9):
        put(cache, f"{number}|", "two")
        assert rest(cache, "aonc|") == "e"  # looked at, so it stays
    assert rest(cache, "aon|") == "ce"
    cache.clear()
    assert (len(cache), cache.bytes, rest(cache, "a|")) == (0, 0, None)


def test_what_was_written_beside_another_is_found_where_nothing_else_is() -> None:
    cache = Cache()
    cache.put(Entry(spot_at("k", "x = \n", 4)), "value")
    cache.put(Entry(spot_at("k", "x = \n", 4), beside=True), "other")
    hit = cache.find("k", "x = \n", 4)
    assert hit is not None
    assert hit.rest == "value"
    hit = cache.find("k", "x = o\n", 5)
    assert hit is not None
    assert hit.rest == "ther"


def test_the_same_text_before_other_text_is_another_entry() -> None:
    cache = Cache()
    for after in ("\na", "\nb", "\nb"):
        cache.put(Entry(spot_at("k", f"x = {after}", 4)), "value")
    assert len(cache) == 2
