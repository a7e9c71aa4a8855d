"""What the packages import: the contracts of pyproject.toml, and what a fresh process loads."""

from __future__ import annotations

import json
import sys

import pytest

from tidy import tree

HEAVY = ("llama_cpp", "numpy", "sqlcipher3", "sqlite3", "torch")
_REPORT = """
import importlib, json, pkgutil, sys
for name in sys.argv[1].split(","):
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_by(*names: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after importing `names`."""
    done = tree.run(sys.executable, "-c", _REPORT, ",".join(names))
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("package", ["echo_core", "echo_runtime", "echo_lsp"])
def test_a_light_package_loads_nothing_heavy(package: str) -> None:
    names = [name for name in tree.modules() if name.split(".")[0] == package]
    assert package in names
    loaded = loaded_by(*names)
    assert package in loaded
    assert not loaded.intersection(HEAVY), f"{package} loads {sorted(loaded.intersection(HEAVY))}"


def test_the_probe_sees_a_heavy_library() -> None:
    assert "sqlite3" in loaded_by("sqlite3.dbapi2")


def test_the_import_contracts_hold() -> None:
    done = tree.run("lint-imports", "--no-cache")
    assert done.returncode == 0, f"run `make lint`:\n{done.stdout}{done.stderr}"
