"""Every message survives the wire, and nothing that is not one gets through."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import WireError
from echo_core.records import wire
from echo_runtime.schema import converter, message_types, structure

KINDS = sorted(
    {kind for signature in wire.METHODS.values() for kind in signature if kind is not None},
    key=lambda kind: kind.__name__,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.data(), st.sampled_from(KINDS))
def test_there_and_back(data: st.DataObject, kind: type) -> None:
    value = data.draw(st.from_type(kind).filter(_is_json))
    sent = json.loads(json.dumps(converter().unstructure(value)))
    assert structure(sent, kind) == value


def _is_json(value: object) -> bool:
    try:
        json.dumps(converter().unstructure(value), allow_nan=False)
    except ValueError:
        return False
    return True


@given(JSON, st.sampled_from(KINDS))
def test_anything_else_is_a_wire_error(value: object, kind: type) -> None:
    with contextlib.suppress(WireError):
        assert isinstance(structure(value, kind), kind)


def test_the_error_holds_nothing_of_the_value() -> None:
    with pytest.raises(WireError) as caught:
        structure({"doc": ["canary"]}, wire.DocumentRef)
    assert caught.value.__suppress_context__
    assert "canary" not in str(caught.value)


ASK = {"doc": "d", "version": 1, "offset": 2, "trigger": "invoked"}
EDIT = {"doc": "d", "version": 1, "edits": [[0, 1, "x"]], "length": 3}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (wire.CompletionAsk, {**ASK, "offset": "2"}),
        (wire.CompletionAsk, {**ASK, "offset": 2.0}),
        (wire.CompletionAsk, {**ASK, "offset": True}),
        (wire.CompletionAsk, {**ASK, "doc": 3}),
        (wire.CompletionAsk, {**ASK, "more": 3}),
        (wire.CompletionAsk, {name: ASK[name] for name in ("doc", "version", "offset")}),
        (wire.CompletionAsk, [ASK]),
        (wire.CompletionAsk, None),
        (wire.DocumentEdit, {**EDIT, "edits": [[0, 1]]}),
        (wire.DocumentEdit, {**EDIT, "edits": [[0, 1, "x", 2]]}),
        (wire.DocumentEdit, {**EDIT, "edits": ["01x"]}),
        (wire.DocumentEdit, {**EDIT, "edits": {"0": [0, 1, "x"]}}),
        (wire.Hello, {"protocol": 1, "client": "c", "pid": 1, "roots": "abc"}),
        (wire.Nothing, {"a": 1}),
    ],
)
def test_almost_right_is_refused(kind: type, value: object) -> None:
    with pytest.raises(WireError, match=kind.__name__):
        structure(value, kind)


def test_defaults_may_be_left_out() -> None:
    hello = structure({"protocol": 1, "client": "c", "pid": 1}, wire.Hello)
    assert hello == wire.Hello(1, "c", 1)


def test_each_method_has_its_envelopes() -> None:
    for method, signature in wire.METHODS.items():
        types = message_types(method)
        assert types is not None
        assert (types.result is None) == (signature.result is None)
    assert message_types("nothing/such") is None


def test_every_field_of_the_wire_is_plain() -> None:
    """What schema can be strict about: scalars, lists, tuples, dicts and our own dataclasses."""
    for kind in KINDS:
        for each in fields(kind):
            assert "Any" not in str(each.type)
            assert "object" not in str(each.type)
