"""Laws of the event codec: all comes back; foreign bytes give an event or InputError."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import InputError
from echo_core.records import events as ev
from echo_core.records.codec import decode, encode, mark, origin
from echo_core.text.edits import Edit
from echo_testing.records import a_session

# Any code point, lone surrogates included: editors speak UTF-16 and cut where they like.
texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
integers = st.integers()
offsets = st.integers(0)
reals = st.floats(allow_nan=False)
edits = st.builds(
    lambda start, deleted, s: Edit(start, start + deleted, s), offsets, offsets, texts
)

events = st.one_of(
    st.builds(ev.Opened, integers, texts, texts, integers, texts),
    st.builds(
        ev.Edited,
        integers,
        texts,
        integers,
        st.lists(edits, max_size=5).map(tuple),
        st.sampled_from(ev.Origin),
        st.just("") | texts,
    ),
    st.builds(ev.CursorMoved, integers, texts, integers, integers),
    st.builds(ev.Focused, integers, texts),
    st.builds(ev.Saved, integers, texts),
    st.builds(ev.HeadMoved, integers, texts, texts, texts, st.sampled_from(ev.HeadMove)),
    st.builds(ev.Committed, integers, texts, texts, texts),
    st.builds(
        ev.Imported,
        integers,
        texts,
        texts,
        texts,
        integers,
        texts,
        st.lists(edits, max_size=4).map(tuple),
    ),
    st.builds(ev.Renamed, integers, texts, texts),
    st.builds(ev.Marked, integers, st.sampled_from(ev.Mark)),
    st.builds(ev.Closed, integers, texts),
    st.builds(
        ev.Requested, integers, texts, texts, integers, integers, st.sampled_from(ev.Trigger)
    ),
    st.builds(
        ev.Proposed,
        integers,
        texts,
        texts,
        texts,
        texts,
        reals,
        reals,
        integers,
        integers,
        integers,
        texts,
    ),
    st.builds(ev.Outcome, integers, texts, st.sampled_from(ev.OutcomeKind), integers),
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.integers(0, 5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=12,
)


@given(events)
def test_what_was_encoded_comes_back(event: ev.Event) -> None:
    comes_back(event)


@pytest.mark.parametrize("event", a_session(), ids=lambda event: event.kind)
def test_each_kind_of_a_session_comes_back(event: ev.Event) -> None:
    comes_back(event)


def comes_back(event: ev.Event) -> None:
    back = decode(
        event.kind,
        encode(event),
        at_ms=event.at_ms,
        doc=getattr(event, "doc", ""),
        text=event.text if isinstance(event, ev.Opened | ev.Committed | ev.Imported) else "",
    )
    assert back == event


def only_an_event_or_input_error(kind: str, body: bytes) -> None:
    try:
        event = decode(kind, body)
    except InputError:
        return
    assert event.kind == kind


@given(st.sampled_from(sorted(ev.KINDS)), st.binary(max_size=60))
def test_any_bytes_decode_or_are_refused(kind: str, body: bytes) -> None:
    only_an_event_or_input_error(kind, body)


@given(st.sampled_from(sorted(ev.KINDS)), st.lists(json_values, max_size=11) | json_values)
def test_any_json_decodes_or_is_refused(kind: str, values: object) -> None:
    only_an_event_or_input_error(kind, json.dumps(values).encode())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("nonsense", b"[]"),
        ("edit", b"{}"),
        ("edit", b"[1]"),
        ("edit", b"[1,0,5]"),
        ("edit", b'[1,0,-5,0,"a"]'),
        ("edit", b'[1,0,5,-1,"a"]'),
        ("edit", b"[1,0,5,0,7]"),
        ("edit", b"[1,9]"),
        ("edit", b"[1,-1]"),
        ("edit", b"[true,0]"),
        ("proposal", b'["r","p","t","m",1' + b"0" * 400 + b',0.5,1,2,3,"x"]'),
        ("cursor", b"[1,2,3]"),
        ("focus", b"[1]"),
        ("outcome", b'["p",1.0,3]'),
        ("head", b"[" * 100_000),
        ("head", b"\xff\xfe"),
        ("import", b"[]"),
        ("mark", b"[9]"),
        ("rename", b"[1]"),
        ("import", b'["", "", 1, -1, 0, ""]'),
        ("import", b'["", "", 1, 0]'),
        ("head", b"[" + b"9" * 5000 + b"]"),
    ],
)
def test_bodies_that_are_refused(kind: str, body: bytes) -> None:
    with pytest.raises(InputError):
        decode(kind, body)


def test_a_refusal_holds_no_source_text() -> None:
    with pytest.raises(InputError) as caught:
        decode("head", b'["CANARY')
    error: BaseException | None = caught.value
    while error is not None:
        assert "CANARY" not in repr(error)
        assert "CANARY" not in str(vars(error))
        error = error.__cause__


def test_a_typed_character_is_few_bytes() -> None:
    edit = ev.Edited(
        1_700_000_000_000, "file:///a.py", 17, (Edit(1234, 1234, "a"),), ev.Origin.TYPED
    )
    assert encode(edit) == b'[17,0,1234,0,"a"]'


def test_two_lone_surrogates_do_not_become_one_character() -> None:
    event = ev.HeadMoved(0, "\ud83d\ude00")
    assert decode("head", encode(event)) == event


def test_numbers_are_read_without_an_event() -> None:
    """Forgetting looks at bodies that it does not decode."""
    typed = ev.Edited(0, "d", 1, (), ev.Origin.UNDONE)
    assert origin(json.loads(encode(typed))[1]) is ev.Origin.UNDONE
    assert mark(json.loads(encode(ev.Marked(0, ev.Mark.RESUMED)))[0]) is ev.Mark.RESUMED
    assert (origin(-1), origin(99), mark("x"), mark(99)) == (None, None, None, None)


def test_a_head_of_schema_1_is_read() -> None:
    assert decode("head", b'["main"]', at_ms=5) == ev.HeadMoved(5, "main")


def test_every_kind_of_event_has_a_reader() -> None:
    for kind in ev.KINDS:
        with pytest.raises(InputError, match=kind):
            decode(kind, b"null")
