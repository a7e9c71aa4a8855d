"""The wire's dataclasses as JSON and back, strictly: what does not fit exactly is refused.

Left out: what a message means (`echo_core.records.wire`), requests and answers
(`echo_runtime.rpc`).

cattrs on its own turns "3" into 3 and a str into a list of its letters; here a value of another
type, a missing field, one that is not known, or a tuple of the wrong length is an error.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import (
    BaseValidationError,
    ForbiddenExtraKeysError,
    StructureHandlerNotFoundError,
)
from lsprotocol.types import CANCEL_REQUEST

from echo_core.errors import WireError
from echo_core.records import wire

T = TypeVar("T")
Hook = Callable[[object, object], object]
MsgId = str | int
_SCALARS: Final[dict[type, tuple[type, ...]]] = {
    bool: (bool,),
    int: (int,),
    float: (float, int),
    str: (str,),
}
STRUCTURE_ERRORS: Final = (
    AttributeError,
    BaseValidationError,
    ForbiddenExtraKeysError,
    KeyError,
    StructureHandlerNotFoundError,
    TypeError,
    ValueError,
)


@attrs.frozen
class CancelParams:
    """Parameters of `$/cancelRequest`."""

    id: MsgId


@attrs.frozen
class MessageTypes:
    """The envelopes of one method, as pygls asks for them."""

    message: type  # a request or a notification
    result: type | None


@functools.cache
def converter() -> Converter:
    """The one converter of the process; cattrs compiles its functions once a type."""
    made = Converter(forbid_extra_keys=True, detailed_validation=False)
    for kind, accepted in _SCALARS.items():
        made.register_structure_hook(kind, _scalar_hook(accepted, kind))
    made.register_structure_hook_func(_is(MsgId), _structure_id)
    made.register_structure_hook_func(_is(wire.SettingValue), _structure_setting)
    made.register_structure_hook_factory(_has_origin(list), lambda kind: _list_hook(made, kind))
    made.register_structure_hook_factory(_has_origin(tuple), lambda kind: _tuple_hook(made, kind))
    made.register_structure_hook_factory(_has_origin(dict), lambda kind: _dict_hook(made, kind))
    return made


def structure(value: object, kind: type[T]) -> T:
    """`value`, as JSON gave it, as a `kind`.

    Raises:
        WireError: it does not fit; the message names the type alone.
    """
    try:
        if type(value) is not dict:
            raise TypeError
        return converter().structure(value, kind)
    except STRUCTURE_ERRORS as error:
        # `from None`: the cause quotes the value that did not fit
        del error
        raise WireError(f"a message does not fit {kind.__name__}") from None


@functools.cache
def message_types(method: str) -> MessageTypes | None:
    """The envelopes of `method`; None for a method that is not on the wire."""
    if method == CANCEL_REQUEST:
        return MessageTypes(_envelope("Notification", method=str, params=CancelParams), None)
    signature = wire.METHODS.get(method)
    if signature is None:
        return None
    if signature.result is None:
        return MessageTypes(_envelope("Notification", method=str, params=signature.params), None)
    return MessageTypes(
        _envelope("Request", id=MsgId, method=str, params=signature.params),
        _envelope("Response", id=MsgId, result=signature.result),
    )


def _envelope(name: str, **fields: Any) -> type:
    # Any: attrs takes a union as a field's type, its stub wants a class
    kinds = {"jsonrpc": str, **fields}
    return attrs.make_class(
        name, {field: attrs.field(type=kind) for field, kind in kinds.items()}, slots=True
    )


def _is(kind: object) -> Callable[[object], bool]:
    return lambda candidate: candidate is kind or candidate == kind


def _has_origin(origin: type) -> Callable[[object], bool]:
    return lambda candidate: get_origin(candidate) is origin


def _scalar_hook(accepted: tuple[type, ...], kind: type) -> Hook:
    def hook(value: object, _kind: object) -> object:
        if type(value) not in accepted:
            raise TypeError
        return float(value) if kind is float and isinstance(value, int) else value

    return hook


def _structure_id(value: object, _kind: object) -> object:
    if type(value) not in {int, str}:
        raise TypeError
    return value


def _structure_setting(value: object, _kind: object) -> object:
    texts = isinstance(value, list) and all(type(each) is str for each in value)
    if not texts and type(value) not in {bool, int, str}:
        raise TypeError
    return value


def _list_hook(made: Converter, kind: object) -> Hook:
    (item,) = get_args(kind)
    inner = made.get_structure_hook(item)

    def hook(value: object, _kind: object) -> object:
        if not isinstance(value, list):
            raise TypeError
        return [inner(each, item) for each in value]

    return hook


def _tuple_hook(made: Converter, kind: object) -> Hook:
    items = get_args(kind)
    inner = [(made.get_structure_hook(item), item) for item in items]

    def hook(value: object, _kind: object) -> object:
        if not isinstance(value, list) or len(value) != len(inner):
            raise TypeError
        return tuple(each(part, item) for (each, item), part in zip(inner, value, strict=True))

    return hook


def _dict_hook(made: Converter, kind: object) -> Hook:
    _key, item = get_args(kind)
    inner = made.get_structure_hook(item)

    def hook(value: object, _kind: object) -> object:
        if not isinstance(value, dict):
            raise TypeError
        return {key: inner(each, item) for key, each in value.items()}

    return hook
