"""What the routes say of themselves: parameters, bodies and answers, for OpenAPI.

Left out: the routes (`app`).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

from fastapi import Header, Path
from pydantic import BaseModel

from echo_core.sharing.bundle import protocol
from echo_core.sharing.bundle.protocol import Refusal

Answers: TypeAlias = dict[int | str, dict[str, Any]]
Name = Annotated[
    str, Path(pattern=f"^{protocol.ID}$", description="The SHA-256 of the whole body, in hex.")
]
Offset = Annotated[
    int, Header(alias=protocol.OFFSET, ge=0, lt=10**9, description="Where this part begins.")
]
Length = Annotated[
    int, Header(alias=protocol.LENGTH, ge=0, lt=10**9, description="How long the whole is.")
]
Token = Annotated[
    str,
    Header(
        alias="Authorization",
        description="`Bearer` and the team's token; not needed where intake is open.",
    ),
]


class Answer(BaseModel):
    """Why something was not taken."""

    refused: str
    why: str


def body_of(media: str) -> dict[str, Any]:
    """A body of bytes."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": {media: schema}}}


def answers(*refusals: Refusal, receipt: str = "") -> Answers:
    """The answers of a route: refusals by their status, and a receipt."""
    found: Answers = {}
    for each in (*refusals, *ALWAYS):
        said = found.setdefault(each.status, {"model": Answer, "description": ""})
        said["description"] = " ".join(filter(None, (said["description"], each.sentence)))
    if receipt:
        found[200] = {"description": receipt, "content": _RECEIPT}
    return found


ALWAYS: Final = (Refusal.MALFORMED, Refusal.TOO_MANY, Refusal.BUSY)
_RECEIPT: Final = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["schema", "said", "of", "day", "signature"],
            "properties": {
                "schema": {"type": "integer"},
                "said": {"enum": ["stored", "deleted"]},
                "of": {"type": "string", "pattern": f"^{protocol.ID}$"},
                "day": {"type": "string", "format": "date"},
                "signature": {"type": "string", "pattern": "^[0-9a-f]{128}$"},
            },
        }
    }
}
