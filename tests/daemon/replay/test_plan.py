"""Laws of a replay's plan: whatever is proposed, the text goes on to the trace's states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.records import trace
from echo_core.text.edits import Edit, apply, apply_all
from echo_daemon.replay.plan import (
    AGREED_CHARS_MIN,
    PAUSE_MS,
    Ask,
    Plan,
    Proposal,
    Send,
    agree,
    first_line,
    inserts,
)

DOCS = ("a.py", "b.py")
PIECES = st.text(alphabet="ab (\n\r\U0001f600", max_size=4)


@st.composite
def traces(draw: st.DrawFn) -> list[trace.TraceLine]:
    """A trace over one or two documents with much typing, moves, deletions and saves."""
    texts = {doc: draw(PIECES) for doc in DOCS}
    lines: list[trace.TraceLine] = [trace.TraceOpen(0, doc, "python", texts[doc]) for doc in DOCS]
    t_ms, cursor = 0, {doc: len(texts[doc]) for doc in DOCS}
    for _ in range(draw(st.integers(0, 25))):
        t_ms += draw(st.sampled_from([0, 1, 120, PAUSE_MS]))
        doc = draw(st.sampled_from([DOCS[0], DOCS[0], DOCS[0], DOCS[1]]))
        match draw(st.sampled_from("tttttttdcmsf")):
            case "t":  # typing, sometimes several insertions in one line
                edits = []
                for piece in draw(st.lists(PIECES, min_size=1, max_size=2)):
                    edits.append(Edit(cursor[doc], cursor[doc], piece))
                    cursor[doc] += len(piece)
                lines.append(trace.TraceEdit(t_ms, doc, tuple(edits)))
                texts[doc] = apply_all(texts[doc], edits)
            case "d":
                start = draw(st.integers(0, len(texts[doc])))
                end = draw(st.integers(start, len(texts[doc])))
                edit = Edit(start, end, draw(PIECES))
                lines.append(trace.TraceEdit(t_ms, doc, (edit,)))
                texts[doc] = apply(texts[doc], edit)
                cursor[doc] = edit.end_after
            case "c":
                lines.append(trace.TraceCursor(t_ms, doc, cursor[doc], cursor[doc]))
            case "m":
                cursor[doc] = draw(st.integers(0, len(texts[doc])))
                lines.append(trace.TraceCursor(t_ms, doc, cursor[doc], cursor[doc]))
            case "s":
                lines.append(trace.TraceSave(t_ms, doc))
            case _:
                lines.append(trace.TraceFocus(t_ms, doc))
    lines += [trace.TraceClose(t_ms, doc, texts[doc]) for doc in DOCS]
    return lines


def states(lines: list[trace.TraceLine]) -> dict[int, dict[str, str]]:
    """The texts after each line of a trace, by the line's number."""
    texts: dict[str, str] = {}
    after: dict[int, dict[str, str]] = {}
    for index, line in enumerate(lines):
        if isinstance(line, trace.TraceOpen):
            texts[line.doc] = line.text
        elif isinstance(line, trace.TraceEdit):
            texts[line.doc] = apply_all(texts[line.doc], line.edits)
        after[index] = dict(texts)
    return after


def draw_proposal(data: st.DataObject, text: str, at: int, run: str) -> Proposal:
    """Something a server may propose at `at`: often what comes next, or nearly."""
    start = data.draw(st.integers(max(0, at - 2), at))
    end = data.draw(st.integers(at, min(len(text), at + 2)))
    ahead = data.draw(st.integers(0, len(run)))
    middle = run[:ahead] + data.draw(PIECES)
    if data.draw(st.booleans()):
        middle = text[start:at] + middle + text[at:end]
    return Proposal(start, end, middle)


@given(lines=traces(), every_key=st.booleans(), data=st.data())
def test_whatever_is_proposed_the_texts_reach_the_trace_s_states(
    lines: list[trace.TraceLine], every_key: bool, data: st.DataObject
) -> None:
    wanted = states(lines)
    plan, texts = Plan(lines, every_key_from_ms=0 if every_key else None), dict[str, str]()
    closed = 0
    while (step := plan.next()) is not None:
        if isinstance(step, Send):
            line = step.line
            if isinstance(line, trace.TraceOpen):
                texts[line.doc] = line.text
            elif isinstance(line, trace.TraceEdit):
                texts[line.doc] = apply_all(texts[line.doc], line.edits)
            elif isinstance(line, trace.TraceCursor):
                assert max(line.anchor, line.head) <= len(texts[line.doc])
            elif isinstance(line, trace.TraceClose):
                assert texts[line.doc] == line.text
                closed += 1
            assert texts == {doc: wanted[plan.done - 1][doc] for doc in texts}
            continue
        text = texts[step.doc]
        proposal = draw_proposal(data, text, step.at, plan.upcoming(100))
        replaced = text[proposal.start : proposal.end]
        taken = agree(proposal, step.at, replaced, plan.upcoming(len(proposal.text)))
        if taken is not None:
            texts[step.doc] = apply(text, taken.edit)
            assert texts[step.doc] == apply(text, Edit(step.at, step.at, taken.inserted))
            assert sum(not char.isspace() for char in taken.inserted) >= AGREED_CHARS_MIN
            plan.accepted(taken.inserted)
    assert closed == len(DOCS)
    assert plan.done == len(lines)


@given(lines=traces(), every_key=st.booleans())
def test_without_proposals_every_line_is_sent_as_it_stands(
    lines: list[trace.TraceLine], every_key: bool
) -> None:
    plan, sent = Plan(lines, every_key_from_ms=0 if every_key else None), list[trace.TraceLine]()
    while (step := plan.next()) is not None:
        if isinstance(step, Send):
            sent.append(step.line)
    assert sent == lines


def typing(*keys: tuple[int, str]) -> list[trace.TraceLine]:
    lines: list[trace.TraceLine] = [trace.TraceOpen(0, "a", "python", "")]
    at = 0
    for t_ms, key in keys:
        lines.append(trace.TraceEdit(t_ms, "a", (Edit(at, at, key),)))
        at += len(key)
    return lines


def asks(
    lines: list[trace.TraceLine], *, every_key_from_ms: int | None = None
) -> list[tuple[int, int, int | None]]:
    plan, found = (
        Plan(lines, every_key_from_ms=every_key_from_ms),
        list[tuple[int, int, int | None]](),
    )
    while (step := plan.next()) is not None:
        if isinstance(step, Ask):
            found.append((step.t_ms, step.at, step.due_ms))
    return found


def test_a_completion_is_asked_for_at_pauses_and_at_the_end() -> None:
    lines = typing((10, "a"), (20, "b"), (20 + PAUSE_MS, "c"), (19 + 2 * PAUSE_MS, "d"))
    assert asks(lines) == [(20, 2, 20 + PAUSE_MS), (19 + 2 * PAUSE_MS, 4, None)]


def test_every_key_asks_after_each() -> None:
    lines = typing((1, "a"), (2, "b"), (3, "c"))
    assert [at for _, at, _ in asks(lines, every_key_from_ms=0)] == [1, 2, 3]
    assert [at for _, at, _ in asks(lines, every_key_from_ms=2)] == [2, 3]


@pytest.mark.parametrize(
    ("following", "asked"),
    [
        pytest.param(trace.TraceEdit(2, "a", (Edit(1, 1, "b"),)), False, id="typing that goes on"),
        pytest.param(trace.TraceEdit(2, "a", (Edit(0, 0, "b"),)), True, id="typing elsewhere"),
        pytest.param(trace.TraceEdit(2, "a", (Edit(0, 1, ""),)), True, id="a deletion"),
        pytest.param(trace.TraceCursor(2, "a", 0, 0), True, id="the cursor moves"),
        pytest.param(trace.TraceSave(2, "a"), True, id="a save"),
    ],
)
def test_what_comes_next_decides_whether_it_is_asked(
    following: trace.TraceLine, asked: bool
) -> None:
    lines = [*typing((1, "a")), following, trace.TraceEdit(3, "a", (Edit(0, 1, ""),))]
    assert ((1, 1, 2) in asks(lines)) is asked


def test_a_cursor_that_rests_at_the_insertion_is_no_next_thing() -> None:
    lines = typing((1, "a"), (2, "b"))
    lines.insert(2, trace.TraceCursor(1, "a", 1, 1))
    assert asks(lines) == [(2, 2, None)]


def test_nothing_is_asked_after_a_deletion_or_a_replacement() -> None:
    lines = typing((1, "ab"))
    lines += [
        trace.TraceEdit(900, "a", (Edit(1, 2, ""),)),
        trace.TraceEdit(1900, "a", (Edit(0, 1, "x"),)),
    ]
    assert asks(lines) == [(1, 2, 900)]


def test_an_accepted_proposal_is_not_typed_again_and_its_rest_is() -> None:
    lines = typing((0, "x"), (500, "ab"), (510, "cd"), (520, "ef"))
    lines.insert(3, trace.TraceCursor(505, "a", 3, 3))
    plan = Plan(lines)
    assert isinstance(plan.next(), Send)
    assert isinstance(plan.next(), Send)
    assert plan.next() == Ask("a", 1, 0, 500)
    assert plan.upcoming(99) == "abcdef"
    plan.accepted("abc")
    assert plan.next() == Send(trace.TraceEdit(510, "a", (Edit(4, 4, "d"),)))
    assert plan.next() == Send(trace.TraceEdit(520, "a", (Edit(5, 5, "ef"),)))


def test_after_a_whole_acceptance_it_is_asked_again_when_a_pause_follows() -> None:
    plan = Plan(typing((0, "x"), (500, "abc"), (1500, "d")))
    for _ in range(3):
        plan.next()
    plan.accepted("abc")
    assert plan.next() == Ask("a", 4, 500, 1500)


def test_an_acceptance_that_the_trace_does_not_type_is_our_own_mistake() -> None:
    plan = Plan(typing((0, "x"), (500, "abc")))
    for _ in range(3):
        plan.next()
    with pytest.raises(ValueError, match="types next"):
        plan.accepted("abd")
    assert plan.upcoming(3) == "abc"


def check(drawing: str, text: str, run: str, wanted: str | None) -> None:
    """`drawing` is the line with its replaced range in [ ] and the cursor |."""
    at = drawing.replace("[", "").replace("]", "").index("|")
    start = drawing.replace("|", "").index("[")
    end = drawing.replace("|", "").replace("[", "").index("]")
    line = drawing.translate({ord(mark): None for mark in "[|]"})
    taken = agree(Proposal(start, end, text), at, line[start:end], run)
    if taken is None:
        assert wanted is None
        return
    done = apply(line, taken.edit)
    cursor = at + len(taken.inserted)
    assert done[:cursor] + "|" + done[cursor:] == wanted
    assert text[: taken.chars].endswith(taken.inserted) or taken.whole


def test_agreement() -> None:
    check("f([|])", "value", "value, 1", "f(value|)")
    check("f([va|])", "value", "lue + 1", "f(value|)")
    check("f([va|)]", "value)", "lue", "f(value|)")
    check("f([va|)]", "value", "lue", None)  # would swallow the bracket
    check("f([va|])", "Value", "lue", None)  # would change what stands there
    check("f([|])", "value", "other", None)
    check("f([|])", "value", "val", None)  # more than was typed
    check("f([|])", "a", "a", None)  # too little
    check("f([|])", " a ", " a b", None)
    check("[|]", "if x:\n    y", "if x:\n    z", "if x:|")
    check("[|]", "if x:\r\n    y", "if x:\r\n    z", "if x:|")
    check("[i|]", "if x:\n    y", "f x:\n    z", "if x:|")
    check("[|]", "\n    y", "\n    z", None)
    check("[|]", "yes\n", "yes", "yes|")


@given(before=PIECES, behind=PIECES, text=PIECES)
def test_what_a_proposal_inserts_is_all_that_it_changes(
    before: str, behind: str, text: str
) -> None:
    at = len(before)
    insertion = inserts(Proposal(0, at + len(behind), text), at, before + behind)
    if insertion:
        assert apply(before + behind, Edit(at, at, insertion)) == text


@given(PIECES)
def test_the_first_line_ends_where_lsp_says(text: str) -> None:
    line = first_line(text)
    assert text.startswith(line)
    assert not set(line) & {"\n", "\r"}
    assert line == text or text[len(line)] in "\n\r"
