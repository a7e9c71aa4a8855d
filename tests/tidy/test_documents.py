"""The documents tell what the code does: generated ones are up to date, and nothing lacks words."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import sys
from collections.abc import Container, Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from echo_core.records.events import KINDS
from echo_core.records.reasons import Reason
from echo_core.records.wire import METHODS
from tidy import tree

DOCS = tree.ROOT / "docs"
GENERATED = (
    "docs/causes.md",
    "docs/commands.md",
    "docs/consent.md",
    "docs/data-dictionary.md",
    "docs/events.md",
    "docs/reasons.md",
    "docs/settings.md",
    "docs/tables.md",
    "docs/trainer-settings.md",
    "docs/wire.md",
    "editor-client/vscode/configuration.json",
)


@pytest.fixture(scope="module")
def generate() -> Iterator[ModuleType]:
    """docs/generate.py, which is a program and not part of a package."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_document_is_up_to_date(generate: ModuleType, name: str) -> None:
    assert set(generate.DOCUMENTS) == set(GENERATED)
    path = tree.ROOT / name
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    assert written == generate.DOCUMENTS[name](), f"{name} is stale: run `make docs`"


def test_every_event_method_and_reason_has_its_entry() -> None:
    events = (DOCS / "events.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"\n## `{kind}`\n" not in events] == []
    wire = (DOCS / "wire.md").read_text(encoding="utf-8")
    assert [name for name in METHODS if f"\n| `{name}` |" not in wire] == []
    reasons = (DOCS / "reasons.md").read_text(encoding="utf-8")
    assert [reason for reason in Reason if f"\n| `{reason}` |" not in reasons] == []


def test_every_event_and_message_says_what_it_is() -> None:
    records = {*KINDS.values(), *(cls for pair in METHODS.values() for cls in pair if cls)}
    # A dataclass without a docstring gets its own signature as one.
    silent = [cls.__name__ for cls in records if (cls.__doc__ or "").startswith(f"{cls.__name__}(")]
    assert silent == []


def test_every_command_and_option_says_what_it_does(generate: ModuleType) -> None:
    silent = []
    for path, command in generate.every_command():
        if not command.help:
            silent.append(path)
        options = [param for param in command.params if isinstance(param, click.Option)]
        silent += [f"{path} {option.opts[0]}" for option in options if not generate.help_of(option)]
    assert silent == []


def test_every_setting_says_what_it_does() -> None:
    settings = importlib.import_module("echo_runtime.settings").Settings()
    written = (DOCS / "settings.md").read_text(encoding="utf-8")
    leaves = {
        f"{table.name}.{leaf.name}": leaf.metadata.get("effect", "")
        for table in dataclasses.fields(settings)
        for leaf in dataclasses.fields(getattr(settings, table.name))
    }
    assert leaves
    assert [name for name, effect in leaves.items() if not effect] == []
    assert [name for name in leaves if f"\n| `{name}` |" not in written] == []


def test_fields_come_with_the_comments_beside_them(generate: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "drawn.py").write_text(
        "class Drawn:\n"
        "    # Above,\n"
        "    # in two lines.\n"
        "    a: int = 1\n"
        "    b: str = '#'  # behind\n"
        "    c: int\n",
        encoding="utf-8",
    )
    spec = importlib.util.spec_from_file_location("drawn", tmp_path / "drawn.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["drawn"] = module
    spec.loader.exec_module(module)
    found = [
        (field.name, field.default, field.comment) for field in generate.fields_of(module.Drawn)
    ]
    del sys.modules["drawn"]
    assert found == [("a", "1", "Above, in two lines."), ("b", "'#'", "behind"), ("c", "", "")]


def rows_of_dependencies(text: str) -> set[str]:
    """Packages that a table's first cell names, or a paragraph's first word."""
    named: set[str] = set()
    for line in text.split("\n"):
        first = line.split("|")[1] if line.startswith("| `") else line.partition(" ")[0]
        whole = re.findall(r"`(-?[\w@/.-]+)(?:\[\w+\])?`", first)
        # `tree-sitter-c`, `-cpp`: the others of a family are named by their ends.
        named |= {f"tree-sitter{name}" if name.startswith("-") else name for name in whole}
    return named


def test_every_dependency_has_its_row() -> None:
    project = tree.project()["project"]
    base, extras = project["dependencies"], project["optional-dependencies"]
    assert isinstance(base, list)
    assert isinstance(extras, dict)
    asked = [*base, *(each for extra in extras.values() for each in extra)]
    declared = {re.split(r"[^\w.-]", line)[0] for line in asked}
    rows = rows_of_dependencies((DOCS / "dependencies.md").read_text(encoding="utf-8"))
    assert sorted(declared - rows) == [], "say in docs/dependencies.md why each is here"
    assert rows_of_dependencies("| `a`, `b[c]` | 1 |\n`d` 2, for it\nof `e`") == {"a", "b", "d"}


_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
_MENTION = re.compile(r"(?<![\w/.])docs/[\w./-]*\w")


def broken_links(path: str, text: str) -> Iterator[str]:
    """Links of a Markdown file to files that are not there."""
    for target in _LINK.findall(text):
        if "://" not in target and not (tree.ROOT / path).parent.joinpath(target).exists():
            yield f"{path}: a link to {target}, which does not exist"


def missing_documents(path: str, text: str) -> Iterator[str]:
    """Mentions of documents that are not there; `docs/adr/0001` stands for the one file."""
    for mention in sorted(set(_MENTION.findall(text))):
        target = tree.ROOT / mention
        if not target.exists() and not list(target.parent.glob(f"{target.name}*")):
            yield f"{path}: names {mention}, which does not exist"


_MODULE = re.compile(
    r"`(echo_(?:core|runtime|engine|pages|lsp|daemon|trainer)(?:\.[a-z_]+)*)(?:\.[A-Z]\w*|\.\w+\(\))?`"
)


def missing_modules(path: str, text: str, modules: Container[str]) -> Iterator[str]:
    """Modules that a text names in backticks and that are not there; a last part may be a name."""
    for mention in sorted(set(_MODULE.findall(text))):
        if mention not in modules and mention.rpartition(".")[0] not in modules:
            yield f"{path}: names {mention}, which does not exist"


def test_modules_that_are_named_exist() -> None:
    modules = tree.modules()
    complaints = [
        line for path, text in tree.texts() for line in missing_modules(path, text, modules)
    ]
    assert not complaints, "\n" + "\n".join(complaints)


def test_a_missing_module_is_seen() -> None:
    modules = {"echo_core", "echo_core.text.document", "echo_core.text.edits"}
    gone = "echo_core.no.such"
    assert (
        list(
            missing_modules(
                "a.md", "`echo_core.text.document`, `echo_core.text.edits.apply`", modules
            )
        )
        == []
    )
    assert len(list(missing_modules("a.md", f"`{gone}`", modules))) == 1


def test_every_package_is_on_the_code_map() -> None:
    architecture = (tree.ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    inner = [name.rpartition(".")[0] for name in tree.modules()]
    packages = {name for name in inner if name and name.count(".") <= 1}
    assert {"echo_core", "echo_engine"} <= packages
    assert sorted(name for name in packages if f"`{name}`" not in architecture) == []


def test_links_and_mentions_can_be_followed() -> None:
    markdown = [(path, text) for path, text in tree.texts() if path.endswith(".md")]
    complaints = [line for path, text in markdown for line in broken_links(path, text)]
    complaints += [line for path, text in tree.texts() for line in missing_documents(path, text)]
    assert not complaints, "\n" + "\n".join(complaints)


def test_a_broken_link_and_a_missing_document_are_seen() -> None:
    assert list(broken_links("README.md", "[a](pyproject.toml) [b](https://example.org)")) == []
    assert len(list(broken_links("README.md", "[a](no-such-file.md#x)"))) == 1
    assert list(missing_documents("a.py", "see docs/adr/0001 and docs/generate.py.")) == []
    assert len(list(missing_documents("a.py", "see docs/" + "nowhere.md"))) == 1
