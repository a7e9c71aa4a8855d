"""Laws of `echo_core.records.trace`: a round trip; any line gives a value or TraceError."""

from __future__ import annotations

import json
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from echo_core.errors import TraceError
from echo_core.records import trace
from echo_core.records.trace import (
    TraceClose,
    TraceCursor,
    TraceEdit,
    TraceFocus,
    TraceHead,
    TraceLine,
    TraceOpen,
    TraceRename,
    TraceSave,
)
from echo_core.text.edits import Edit, apply_all

CANARY: Final = "canary7f3a"
names = st.text(max_size=8)
texts = st.text(st.characters(codec=None), max_size=20)  # lone surrogates too
times = st.integers(0, 1 << 40)
edits = st.builds(
    lambda start, deleted, inserted: Edit(start, start + deleted, inserted),
    st.integers(0, 30), st.integers(0, 30), texts,
)  # fmt: skip
values: st.SearchStrategy[TraceLine] = st.one_of(
    st.builds(TraceOpen, times, names, names, texts),
    st.builds(TraceEdit, times, names, st.lists(edits, max_size=3).map(tuple)),
    st.builds(TraceCursor, times, names, st.integers(0, 99), st.integers(0, 99)),
    st.builds(TraceFocus, times, names),
    st.builds(TraceSave, times, names),
    st.builds(TraceHead, times, names),
    st.builds(TraceRename, times, names, names),
    st.builds(TraceClose, times, names, texts),
)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(CANARY) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS: Final = ("t", "kind", "doc", "language", "text", "edits", "at", "ref", "to", "more")
KINDS: Final = ("open", "edit", "cursor", "focus", "save", "head", "rename", "close", "hum")
nearly = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(FIELDS, jsons) | {
        "t": st.integers(-1, 5) | jsons,
        "kind": st.sampled_from(KINDS) | jsons,
        "edits": st.lists(st.tuples(jsons, jsons, jsons) | jsons, max_size=2) | jsons,
        "at": st.tuples(st.integers(-1, 9), jsons) | jsons,
    }
).map(json.dumps)  # fmt: skip


@given(st.lists(values, max_size=5))
def test_what_is_formatted_is_parsed_back(lines: list[TraceLine]) -> None:
    lines.sort(key=lambda line: line.t_ms)
    written = [trace.format(line) for line in lines]
    assert list(trace.parse(written)) == lines
    for line in written:
        assert "\n" not in line
        line.encode()


@given(st.lists(nearly | st.text() | jsons.map(json.dumps), max_size=4))
@example(["[" * 100_000])
@example(['{"t":' + "9" * 5000 + ',"kind":"focus","doc":"a"}'])
def test_any_line_gives_a_value_or_a_refusal_without_its_text(lines: list[str]) -> None:
    refusal: BaseException | None = None
    try:
        trace.check(lines)
    except TraceError as error:
        refusal = error
    assert refusal is None or str(refusal).startswith("trace line ")
    while refusal is not None:
        assert CANARY not in repr(refusal)
        refusal = refusal.__cause__


@given(texts, st.data())
def test_a_session_ends_in_its_text(text: str, data: st.DataObject) -> None:
    length = len(text)
    done = []
    for _ in range(data.draw(st.integers(0, 5))):
        start = data.draw(st.integers(0, length))
        edit = Edit(start, data.draw(st.integers(start, length)), data.draw(texts))
        done.append(edit)
        length += edit.growth
    end = apply_all(text, done)
    lines: list[TraceLine] = [
        TraceOpen(0, "a", "python", text),
        *(TraceEdit(at, "a", (edit,)) for at, edit in enumerate(done)),
        TraceClose(9, "a", end),
    ]
    assert trace.check(map(trace.format, lines)) == {"a": end}
