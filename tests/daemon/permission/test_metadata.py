"""Licences from the metadata of packages, beside licence files."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_core.sharing.licences import UNKNOWN
from echo_daemon.permission.licence import licences_of
from echo_daemon.permission.metadata import BYTES_MAX
from echo_testing.licence_texts import ISC, MIT

POM = '<project xmlns="http://maven.apache.org/POM/4.0.0"><licenses>{}</licenses></project>'
NAMED = "<license><name>{}</name></license>"


def found(project: Path, files: dict[str, str]) -> frozenset[str]:
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (project / ".git").mkdir(exist_ok=True)
    return licences_of(str(project / "pkg" / "a.py"))


@pytest.mark.parametrize(
    ("name", "text", "identifiers"),
    [
        ("pyproject.toml", '[project]\nlicense = "MIT"', {"MIT"}),
        ("pyproject.toml", '[project]\nlicense = {text = "MIT License"}', {"MIT"}),
        ("pyproject.toml", '[project]\nlicense = {file = "LICENSE.txt"}', set()),
        ("pyproject.toml", '[project]\nlicense = {file = "terms.pdf"}', {UNKNOWN}),
        ("pyproject.toml", "[project]\nlicense = 7", {UNKNOWN}),
        ("pyproject.toml", '[tool.poetry]\nlicense = "ISC"', {"ISC"}),
        ("pyproject.toml", '[project]\nclassifiers = ["License :: OSI Approved :: MIT License"]',
         {"MIT"}),
        ("pyproject.toml", '[project]\nname = "x"\nclassifiers = "odd"', set()),
        ("pyproject.toml", "project = 1\ntool = 2", set()),
        ("pyproject.toml", "[project", {UNKNOWN}),
        ("setup.cfg", "[metadata]\nlicense = Apache-2.0", {"Apache-2.0"}),
        ("setup.cfg", "[metadata]\nlicense = file: LICENSE", set()),
        ("setup.cfg", "[metadata]\nclassifiers =\n  License :: OSI Approved :: ISC License (ISCL)",
         {"ISC"}),
        ("setup.cfg", "[flake8]\nmax = 1", set()),
        ("setup.cfg", "no section", {UNKNOWN}),
        ("package.json", '{"license": "(MIT OR Apache-2.0)"}', {"MIT", "Apache-2.0"}),
        ("package.json", '{"license": {"type": "MIT", "url": ""}}', {"MIT"}),
        ("package.json", '{"licenses": [{"type": "MIT"}, {"type": "GPL-2.0"}]}', {"MIT", UNKNOWN}),
        ("package.json", '{"licenses": "MIT"}', {"MIT"}),
        ("package.json", '{"license": "UNLICENSED"}', {UNKNOWN}),
        ("package.json", '{"license": "SEE LICENSE IN LICENSE.md"}', set()),
        ("package.json", '{"license": "SEE LICENSE IN eula.txt"}', {UNKNOWN}),
        ("package.json", '{"license": 1}', {UNKNOWN}),
        ("package.json", "[]", {UNKNOWN}),
        ("package.json", '{"private": true}', set()),
        ("package.json", "[" * 100_000, {UNKNOWN}),
        ("package.json", "{" + " " * BYTES_MAX + "}", {UNKNOWN}),
        ("Cargo.toml", '[package]\nlicense = "MIT/Apache-2.0"', {"MIT", "Apache-2.0"}),
        ("Cargo.toml", "[package]\nlicense.workspace = true", set()),
        ("Cargo.toml", '[workspace.package]\nlicense = "ISC"', {"ISC"}),
        ("Cargo.toml", '[package]\nlicense-file = "EULA"', {UNKNOWN}),
        ("Cargo.toml", '[package]\nlicense-file = "../LICENSE"', set()),
        ("pom.xml", POM.format(NAMED.format("MIT License")), {"MIT"}),
        ("pom.xml", "<project><licenses><license><name>ISC</name></license></licenses></project>",
         {"ISC"}),
        ("pom.xml", POM.format(""), set()),
        ("pom.xml", '<!DOCTYPE x [<!ENTITY e "MIT">]>' + POM.format(NAMED.format("&e;")),
         {UNKNOWN}),
        ("pom.xml", "<project>", {UNKNOWN}),
    ],
)  # fmt: skip
def test_each_kind_of_file_is_read(
    name: str, text: str, identifiers: set[str], tmp_path: Path
) -> None:
    assert found(tmp_path, {name: text}) == identifiers


def test_where_files_differ_all_hold_and_so_the_strictest(tmp_path: Path) -> None:
    files = {"LICENSE": MIT, "package.json": '{"license": "GPL-3.0-only"}'}
    assert found(tmp_path, files) == {"MIT", UNKNOWN}
    assert found(tmp_path, {"package.json": '{"license": "MIT"}'}) == {"MIT"}


def test_a_folders_package_is_under_its_own_licence_too(tmp_path: Path) -> None:
    assert found(tmp_path, {"LICENSE": MIT, "pkg/package.json": '{"license": "AGPL-3.0"}'}) == {
        "MIT", UNKNOWN,
    }  # fmt: skip
    (tmp_path / "pkg" / "package.json").unlink()
    (tmp_path / "other").mkdir()
    assert found(tmp_path, {"other/LICENSE": ISC}) == {"MIT"}


def test_what_is_no_text_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_bytes(b"\xff{}")
    assert found(tmp_path, {}) == {UNKNOWN}
