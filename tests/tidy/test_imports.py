"""What the packages import: the contracts of pyproject.toml, and what a fresh process loads."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import packages_distributions

import pytest

from tidy import tree

HEAVY = ("llama_cpp", "mlflow", "numpy", "sqlcipher3", "sqlite3", "torch", "transformers")
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


SHIPPED = ("scan", "trainer", "training", "ray")  # extras of the packages, not of tests
# A program, a driver that a URL names, what transformers loads to read GGUF: never imported.
COMMANDS = {"gguf", "pip", "psycopg"}
# Distributions under another name than the package, where the extra is not installed.
NAMED_OTHERWISE = {"mlflow": ["mlflow-skinny"]}


def imported(sources: Iterable[str]) -> set[str]:
    """Top-level names that are imported from outside the project and the standard library."""
    names: set[str] = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    ours = {name for name in names if name.startswith("echo_")}
    return names - ours - sys.stdlib_module_names


def undeclared_and_unused(
    declared: set[str], names: set[str], distributions: Mapping[str, list[str]]
) -> Iterator[str]:
    """Differences between what pyproject.toml asks for and what the packages import."""
    used = {name: {normal(each) for each in distributions.get(name, [name])} for name in names}
    for name, owners in sorted(used.items()):
        if not owners & declared:
            yield f"{name} is imported and not among pyproject.toml's dependencies; add it"
    for name in sorted(declared - COMMANDS - set().union(*used.values())):
        yield f"{name} is a dependency that nothing imports; take it out of pyproject.toml"


def normal(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_dependencies_are_those_that_are_imported() -> None:
    project = tree.project()["project"]
    asked, extras = project["dependencies"], project["optional-dependencies"]
    assert isinstance(asked, list)
    assert isinstance(extras, dict)
    declared = {
        normal(re.split(r"[^\w.-]", line)[0])
        for line in [*asked, *(each for name in SHIPPED for each in extras[name])]
    }
    names = imported(tree.modules().values())
    owners = NAMED_OTHERWISE | dict(packages_distributions())
    complaints = list(undeclared_and_unused(declared, names, owners))
    assert not complaints, "\n" + "\n".join(complaints)


def test_an_undeclared_and_an_unused_dependency_are_seen() -> None:
    sources = ["import os, yaml", "from llama_cpp import llama", "import echo_core"]
    names = imported(sources)
    assert names == {"yaml", "llama_cpp"}
    owners = {"yaml": ["PyYAML"], "llama_cpp": ["llama_cpp_python"]}
    both = {"pyyaml", "llama-cpp-python", "pip"}
    assert list(undeclared_and_unused(both, names, owners)) == []
    assert len(list(undeclared_and_unused({"pyyaml", "rich"}, names, owners))) == 2
