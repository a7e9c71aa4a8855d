"""The intake's protocol as values: refusals, tokens, numbers in headers."""

from __future__ import annotations

import pytest

from echo_core.sharing.bundle.protocol import Refusal, credential, number_of, token_of
from echo_core.sharing.bundle.sending import Fate, fate


def test_every_refusal_has_words_and_a_status_that_a_client_understands() -> None:
    kept = {
        Refusal.NO_TOKEN,
        Refusal.TOO_MANY,
        Refusal.CAP,
        Refusal.TOO_SLOW,
        Refusal.BUSY,
        Refusal.NOT_YET,
    }
    for refusal in Refusal:
        assert refusal.sentence.endswith(".")
        expected = Fate.LATER if refusal in kept else Fate.REFUSED
        assert fate(refusal.status) is (Fate.RESUME if refusal is Refusal.OFFSET else expected)


def test_a_token_is_read_as_it_is_written() -> None:
    token = "echo_" + "a" * 43
    assert token_of(credential(token)) == token
    for wrong in ("", token, "Basic " + token, "Bearer short", "Bearer " + "a" * 200, "Bearer "):
        assert token_of(wrong) == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("4096", 4096),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("١", None),
        ("9" * 16, None),
    ],
)
def test_numbers(text: str, number: int | None) -> None:
    assert number_of(text) == number
