"""What a form sent, read within bounds.

Rules
 - Only what a plain form sends: no files, no JSON.
 - A form without its session's word is of nobody (CSRF).
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from echo_core.errors import InputError
from echo_pages.door import Session

FORM_BYTES_MAX: Final = 16_384  # the longest field is a path of 4,096 bytes, each escaped
FORM_FIELDS_MAX: Final = 32
FORM_S_MAX: Final = 10  # from the head of the request to its last byte
_TYPE: Final = "application/x-www-form-urlencoded"


async def read(request: Request, session: Session) -> Mapping[str, str]:
    """The fields of a form.

    Raises:
        InputError: it is none, or too much, or too slow, or not of a page of this session.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise InputError("This is no form: use the page's own button.")
    content = bytearray()
    try:
        async with asyncio.timeout(FORM_S_MAX):
            async for chunk in request.stream():
                content += chunk
                if len(content) > FORM_BYTES_MAX:
                    raise InputError("The form is too long: use the page's own button.")
        pairs = parse_qsl(
            content.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FORM_FIELDS_MAX,
        )
    except (TimeoutError, ClientDisconnect) as error:
        raise InputError("The form did not arrive: send it again.") from error
    except ValueError as error:
        raise InputError("The form cannot be read: use the page's own button.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InputError("A field came twice: use the page's own button.")
    if not hmac.compare_digest(fields.pop("csrf", "").encode(), session.csrf.encode()):
        raise InputError("The form is of another session: open the page again.")
    return fields
