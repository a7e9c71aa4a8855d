"""The rule that names an edit's origin."""

from __future__ import annotations

import pytest

from echo_core.edits import Edit
from echo_core.events import Origin
from echo_core.origins import infer_origin


@pytest.mark.parametrize(
    ("edits", "length", "accepted", "expected"),
    [
        ([Edit(5, 5, "whole line of code")], 9, True, Origin.ACCEPTED),
        ([Edit(5, 5, "x")], 9, False, Origin.TYPED),
        ([Edit(0, 9, "other")], 9, False, Origin.EXTERNAL),
        ([Edit(0, 0, "x")], 0, False, Origin.TYPED),
        ([Edit(500, 500, "x"), Edit(1, 1, "x")], 900, False, Origin.AUTOMATIC),
        ([Edit(5, 5, "\n    "), Edit(3, 4, "")], 9, False, Origin.TYPED),
        ([Edit(5, 5, "import os\r\nimport sys")], 9, False, Origin.PASTED),
        ([Edit(5, 5, "\n\tx\n")], 9, False, Origin.TYPED),
        ([Edit(5, 5, "a_very_long_identifier_indeed")], 9, False, Origin.PASTED),
        ([], 9, False, Origin.TYPED),
    ],
)
def test_origin(edits: list[Edit], length: int, accepted: bool, expected: Origin) -> None:
    assert infer_origin(edits, length, accepted) is expected
