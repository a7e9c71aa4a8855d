"""Drawings of `echo_core.records.trace`: small sessions, a refusal for each wrong line."""

from __future__ import annotations

import re

import pytest

from echo_core.errors import TraceError
from echo_core.limits import DOCUMENT_CHARS_MAX
from echo_core.records import trace

OPEN = '{"t":0,"kind":"open","doc":"a","language":"python","text":"x = 1\\n"}'


def test_a_session_of_two_documents() -> None:
    lines = [
        OPEN,
        '{"t":0,"kind":"focus","doc":"a","window":"unknown fields are ignored"}',
        "",
        '{"t":5,"kind":"edit","doc":"a","edits":[[4,1,"2"],[5,0,"3"]]}',
        '{"t":5,"kind":"cursor","doc":"a","at":[6,6]}',
        '{"t":6,"kind":"open","doc":"b","language":"ts","text":"\\r\\n"}',
        '{"t":6,"kind":"edit","doc":"b","edits":[[1,1,""]]}',
        '{"t":7,"kind":"save","doc":"a"}',
        '{"t":7,"kind":"head","ref":"r1"}',
        '{"t":8,"kind":"close","doc":"a","text":"x = 23\\n"}',
    ]
    assert trace.check(lines) == {"a": "x = 23\n", "b": "\r"}


def test_a_closed_document_may_be_opened_again() -> None:
    player = trace.Player()
    again = OPEN.replace("x = 1", "y")
    for line in trace.parse([OPEN, '{"t":1,"kind":"close","doc":"a","text":"x = 1\\n"}']):
        player.play(line)
    assert (dict(player.texts), dict(player.closed)) == ({}, {"a": "x = 1\n"})
    player.play(next(trace.parse([again])))
    assert dict(player.closed) == {}
    assert player.texts["a"].content == "y\n"


def test_a_renamed_document_stays_open() -> None:
    lines = [
        OPEN.replace('"a"', '"b"'),
        '{"t":0,"kind":"close","doc":"b","text":"x = 1\\n"}',
        OPEN,
        '{"t":1,"kind":"rename","doc":"a","to":"b"}',
        '{"t":2,"kind":"edit","doc":"b","edits":[[4,1,"2"]]}',
        OPEN.replace('"t":0', '"t":3'),
    ]
    assert trace.check(lines) == {"b": "x = 2\n", "a": "x = 1\n"}


def test_a_line_is_written_as_the_format_shows_it() -> None:
    lines = [
        '{"t":1,"kind":"open","doc":"ä","language":"c","text":"😀"}',
        '{"t":2,"kind":"edit","doc":"a","edits":[[0,1,"b"]]}',
        '{"t":3,"kind":"cursor","doc":"a","at":[1,2]}',
        '{"t":4,"kind":"focus","doc":"a"}',
        '{"t":5,"kind":"save","doc":"a"}',
        '{"t":6,"kind":"head","ref":"r"}',
        '{"t":7,"kind":"close","doc":"a","text":"\\ud800"}',
        '{"t":8,"kind":"rename","doc":"a","to":"b"}',
    ]
    assert [trace.format(line) for line in trace.parse(lines)] == lines


def test_what_echo_did_is_read_and_written_and_left_out_where_nobody_asks() -> None:
    lines = [
        '{"t":1,"kind":"request","doc":"a","id":"r","at":3,"trigger":"invoked"}',
        '{"t":2,"kind":"proposal","request":"r","id":"p","text":"b"}',
        '{"t":3,"kind":"outcome","id":"p","outcome":"shown","chars":1}',
        '{"t":4,"kind":"focus","doc":"a"}',
    ]
    assert [trace.format(line) for line in trace.parse_all(lines)] == lines
    assert [line.kind for line in trace.parse(lines)] == ["focus"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("secret", "not JSON"),
        ('["secret"]', "not a JSON object"),
        ('{"t":9,"kind":"secret"}', "its kind is none that a trace has"),
        ('{"kind":"focus","doc":"secret"}', "t is not a whole number from 0"),
        ('{"t":1.5,"kind":"focus","doc":"secret"}', "t is not a whole number"),
        ('{"t":true,"kind":"focus","doc":"secret"}', "t is not a whole number"),
        ('{"t":-1,"kind":"focus","doc":"secret"}', "t is not a whole number"),
        ('{"t":2,"kind":"focus","doc":"a"}', "t is earlier than in the line before it"),
        ('{"t":9,"kind":"focus","doc":7}', "doc is not a string"),
        (
            '{"t":9,"kind":"request","id":"r","doc":"a","at":1,"trigger":"secret"}',
            "trigger is none that a trace has",
        ),
        ('{"t":9,"kind":"focus","doc":"secret"}', "names a document in 'focus' that is not open"),
        (OPEN.replace('"t":0', '"t":9'), "opens a document that is open: close it first"),
        ('{"t":9,"kind":"edit","doc":"a","edits":{}}', "edits is not a list"),
        ('{"t":9,"kind":"edit","doc":"a","edits":[[0,1]]}', "an edit is not a list of 3"),
        ('{"t":9,"kind":"edit","doc":"a","edits":[[0,-1,""]]}', "the length of an edit is not"),
        ('{"t":9,"kind":"edit","doc":"a","edits":[["",1,""]]}', "the start of an edit is not"),
        ('{"t":9,"kind":"edit","doc":"a","edits":[[0,1,2]]}', "the inserted text of an edit is"),
        ('{"t":9,"kind":"edit","doc":"a","edits":[[0,9,"secret"]]}', "edits outside its document"),
        ('{"t":9,"kind":"cursor","doc":"a","at":[0]}', "at is not a list of 2"),
        ('{"t":9,"kind":"cursor","doc":"a","at":[0,null]}', "at is not a whole number"),
        ('{"t":9,"kind":"cursor","doc":"a","at":[7,0]}', "puts the cursor outside its document"),
        ('{"t":9,"kind":"head","ref":null}', "ref is not a string"),
        ('{"t":9,"kind":"rename","doc":"a","to":null}', "to is not a string"),
        ('{"t":9,"kind":"rename","doc":"a","to":"a"}', "gives a document the name of one that is"),
        ('{"t":9,"kind":"close","doc":"a","text":"secret"}', "closes a document with another text"),
    ],
)
def test_a_refusal_names_the_line_and_never_quotes_it(line: str, why: str) -> None:
    before = [OPEN, '{"t":3,"kind":"save","doc":"a"}', ""]
    with pytest.raises(TraceError, match="^trace line 4: " + re.escape(why)) as refusal:
        trace.check([*before, line, OPEN])
    assert "secret" not in str(refusal.value)


def test_documents_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "DOCUMENT_CHARS_MAX", 8)
    assert DOCUMENT_CHARS_MAX > 8
    with pytest.raises(TraceError, match="trace line 1: text has more than 8 characters"):
        trace.check(['{"t":0,"kind":"open","doc":"a","language":"c","text":"123456789"}'])
    with pytest.raises(TraceError, match="trace line 2: makes a document of more than 8"):
        trace.check([OPEN, '{"t":1,"kind":"edit","doc":"a","edits":[[0,0,"123"]]}'])
