"""Any bytes give a message or a WireError, and every message survives the way through the pipe."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.context import Chunk, Context
from echo_core.completion.window import Window
from echo_core.errors import WireError
from echo_core.records.wire import EngineDescription
from echo_engine import protocol
from echo_engine.api import FinishReason
from echo_engine.background import Answers, Draft, Drafted, Likelihood, Likely, Question
from echo_engine.protocol import decode_command, decode_reply, encode

# Editors may hold half a surrogate pair: all code points, not only characters.
texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
numbers = st.integers(0, 1 << 40)
floats = st.floats(allow_nan=False, allow_infinity=False)
chunks = st.builds(Chunk, texts, texts, texts)
contexts = st.builds(
    Context, texts, texts, texts, st.lists(chunks, max_size=2).map(tuple), texts, numbers
)
windows = st.builds(Window, texts, texts, texts, contexts)
descriptions = st.builds(
    EngineDescription,
    **{
        name: {"str": texts, "int": numbers, "bool": st.booleans()}[kind]
        for name, kind in EngineDescription.__annotations__.items()
    },
)
answers = st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=5, unique=True).map(tuple)
questions = st.builds(Question, texts, texts, answers, texts)
stops = st.lists(texts, max_size=3).map(tuple)
inspections = st.builds(protocol.Inspection, texts, texts, texts, numbers, texts, st.booleans())
commands = st.one_of(
    st.builds(
        protocol.Load, texts, texts, numbers, st.integers(-1, 99), numbers, st.booleans(), numbers
    ),
    st.builds(protocol.Run, numbers, windows, numbers, floats, stops),
    st.builds(protocol.Prepare, windows),
    st.builds(protocol.Ask, numbers, questions),
    st.builds(protocol.Weigh, numbers, st.builds(Likelihood, windows, texts)),
    st.builds(protocol.Compose, numbers, st.builds(Draft, windows, numbers, stops)),
    st.builds(protocol.Cancel, numbers),
    st.builds(protocol.Describe),
    st.builds(protocol.Inspect, texts),
    st.builds(protocol.Exit),
)
replies = st.one_of(
    st.builds(protocol.Loaded, descriptions),
    st.builds(protocol.Inspected, inspections),
    st.builds(protocol.Began, numbers, numbers, numbers, floats),
    st.builds(protocol.Wrote, numbers, texts, floats, numbers),
    st.builds(
        protocol.Done,
        numbers,
        st.sampled_from(FinishReason),
        numbers,
        numbers,
        numbers,
        floats,
        floats,
        numbers,
        numbers,
    ),
    st.builds(
        protocol.Answered,
        numbers,
        st.builds(Answers, st.lists(floats).map(tuple), numbers, numbers, floats),
    ),
    st.builds(
        protocol.Weighed,
        numbers,
        st.builds(Likely, floats, numbers, floats, floats, numbers, numbers, floats),
    ),
    st.builds(
        protocol.Composed,
        numbers,
        st.builds(Drafted, texts, floats, numbers, numbers, numbers, floats),
    ),
    st.builds(protocol.Yielded, numbers),
    st.builds(protocol.Failed, numbers, st.sampled_from(protocol.FailureKind), texts),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
)


@given(commands)
def test_a_command_comes_out_as_it_went_in(command: protocol.Command) -> None:
    line = encode(command)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert decode_command(line) == command


@given(replies)
def test_a_reply_comes_out_as_it_went_in(reply: protocol.Reply) -> None:
    assert decode_reply(encode(reply)) == reply


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(line: bytes) -> None:
    for decode in (decode_command, decode_reply):
        with pytest.raises(WireError):
            decode(line)


@given(replies | commands, st.data())
def test_a_message_with_one_byte_changed_is_a_message_or_refused(
    message: protocol.Reply | protocol.Command, data: st.DataObject
) -> None:
    line = bytearray(encode(message))
    line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    for decode in (decode_command, decode_reply):
        try:
            again = encode(decode(bytes(line)))
        except WireError:
            continue
        assert encode(decode(again)) == again


@given(replies | commands, json_values, st.data())
def test_a_field_of_another_kind_is_a_message_or_refused(
    message: protocol.Reply | protocol.Command, value: object, data: st.DataObject
) -> None:
    fields = json.loads(encode(message))
    fields[data.draw(st.sampled_from(sorted(fields)))] = value
    line = json.dumps(fields).encode()
    for decode in (decode_command, decode_reply):
        try:
            again = encode(decode(line))
        except WireError:
            continue
        assert encode(decode(again)) == again


@pytest.mark.parametrize(
    "line",
    [
        b'{"op":"cancel"}',
        b'{"op":"cancel","id":true}',
        b'{"op":"cancel","id":1.0}',
        b'{"op":"cancel","id":1,"more":1}',
        b'{"op":"inspect","path":null}',
        b'{"op":["cancel"],"id":1}',
        b'{"op":"finished","id":1}',
        b'{"op":"cancel","id":' + b"9" * 5000 + b"}",
        b'{"op":"ask","id":1,"question":{"system":"","text":"","answers":["A","AB"]}}',
        b"[" * 100_000,
        b'"' + b"x" * protocol.LINE_BYTES_MAX + b'"',
    ],
    ids=lambda line: line[:40].decode(),
)
def test_what_is_refused(line: bytes) -> None:
    with pytest.raises(WireError):
        decode_command(line)


def test_what_is_too_long_is_not_sent() -> None:
    window = Window("x" * protocol.LINE_BYTES_MAX, "", "")
    with pytest.raises(WireError):
        encode(protocol.Run(1, window, 1, 1.0))


def test_a_number_that_is_none_is_not_sent() -> None:
    with pytest.raises(WireError):
        encode(protocol.Wrote(1, "x", float("nan"), 1))
