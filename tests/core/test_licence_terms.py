"""What metadata says of a licence, evaluated strictly."""

from __future__ import annotations

import pytest

from echo_core.sharing.licence_terms import (
    DEPTH_MAX,
    licences_classified,
    licences_in,
    licences_said,
)
from echo_core.sharing.licences import UNKNOWN
from echo_testing.licence_texts import MIT


@pytest.mark.parametrize(
    ("expression", "identifiers"),
    [
        ("MIT", {"MIT"}),
        ("mit", {"MIT"}),  # identifiers are compared without case
        ("MIT OR Apache-2.0", {"MIT", "Apache-2.0"}),
        ("MIT/Apache-2.0", {"MIT", "Apache-2.0"}),
        ("MIT OR GPL-3.0-only", {"MIT"}),
        ("GPL-3.0-only OR AGPL-3.0-only", {UNKNOWN}),
        ("MIT AND Apache-2.0", {"MIT", "Apache-2.0"}),
        ("MIT AND GPL-3.0-only", {UNKNOWN}),
        ("MIT AND GPL-3.0-only OR ISC", {"ISC"}),  # AND binds more
        ("MIT AND (GPL-3.0-only OR ISC)", {"MIT", "ISC"}),
        ("(MIT)", {"MIT"}),
        ("((MIT OR ISC))", {"MIT", "ISC"}),
        ("Apache-2.0 WITH LLVM-exception", {UNKNOWN}),
        ("Apache-2.0 WITH LLVM-exception OR MIT", {"MIT"}),
        ("LicenseRef-Ours", {UNKNOWN}),
        ("GPL-2.0+", {UNKNOWN}),
        ("UNLICENSED", {UNKNOWN}),
        ("", {UNKNOWN}),
        ("MIT OR", {UNKNOWN}),
        ("OR MIT", {UNKNOWN}),
        ("MIT AND", {UNKNOWN}),
        ("MIT Apache-2.0", {UNKNOWN}),
        ("MIT or Apache-2.0", {UNKNOWN}),  # operators are written in capitals
        ("(MIT", {UNKNOWN}),
        ("MIT)", {UNKNOWN}),
        ("()", {UNKNOWN}),
        ("MIT WITH", {UNKNOWN}),
        ("MIT, Apache-2.0", {UNKNOWN}),
        ("(" * (DEPTH_MAX + 1) + "MIT" + ")" * (DEPTH_MAX + 1), {UNKNOWN}),
    ],
)
def test_an_expression_says_what_holds(expression: str, identifiers: set[str]) -> None:
    assert licences_in(expression) == identifiers


@pytest.mark.parametrize(
    ("said", "identifiers"),
    [
        ("MIT License", {"MIT"}),
        ("The MIT License", {"MIT"}),
        ("Apache License, Version 2.0", {"Apache-2.0"}),
        ("The Apache Software License, Version 2.0", {"Apache-2.0"}),
        ("MIT OR ISC", {"MIT", "ISC"}),
        ("BSD", set()),
        ("", set()),
        ("Proprietary", {UNKNOWN}),
        ("GNU General Public License", {UNKNOWN}),
        (MIT, {"MIT"}),
        ("MIT\nand no evil", {UNKNOWN}),
        ("MIT " * 200, {UNKNOWN}),
    ],
)
def test_names_and_texts_are_read_besides(said: str, identifiers: set[str]) -> None:
    assert licences_said(said) == identifiers


def test_classifiers_are_read_by_their_names() -> None:
    approved = "License :: OSI Approved"
    assert licences_classified([f"{approved} :: MIT License", "Topic :: MIT License"]) == {"MIT"}
    assert licences_classified([f"{approved} :: BSD License", approved]) == frozenset()
    gpl = f"{approved} :: GNU General Public License v3 (GPLv3)"
    assert licences_classified([gpl, f"{approved} :: MIT License"]) == {UNKNOWN, "MIT"}
    assert licences_classified(["License :: Other/Proprietary License"]) == {UNKNOWN}
    assert licences_classified([]) == frozenset()
