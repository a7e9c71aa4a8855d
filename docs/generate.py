"""Writes the documents that are made from the code: `make docs`.

What they say stands in the code: docstrings, the comments behind fields, the help texts of
commands. `tests/tidy/test_documents.py` compares each document with what this program would
write, and asks that nothing in it is left without words.

Left out: everything that needs judgement; those documents are written by hand.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import json
import sys
import textwrap
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Final

import click

from echo_core import limits
from echo_core.completion.offers import STEPS
from echo_core.gaps import origins
from echo_core.gaps.life import BREAKS, Break
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.table import TABLE, Cost
from echo_core.judging.checks.verdict import Finding
from echo_core.records.events import KINDS, HeadMove, Origin, OutcomeKind, Trigger
from echo_core.records.reasons import Reason
from echo_core.records.wire import METHODS, PROTOCOL_VERSION
from echo_core.sharing.consent_forms import agreed_to, every_field
from echo_daemon.distilling.distiller import Pause
from echo_runtime.settings_forms import settings_page, vscode_configuration
from echo_trainer.settings.table import trainer_page

ROOT: Final = Path(__file__).resolve().parent.parent
_HEAD: Final = "<!-- Made by docs/generate.py from the code: run `make docs` to write it again. -->"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record as its class body states it; `default` is empty where there is none."""

    name: str
    annotation: str
    default: str
    comment: str


def fields_of(cls: type) -> list[Field]:
    """The fields of a dataclass, or the members of an enum, with the comments beside them."""
    source = textwrap.dedent(inspect.getsource(cls))
    comments = _comments(source)
    (definition,) = ast.parse(source).body
    found: list[Field] = []
    for node in definition.body if isinstance(definition, ast.ClassDef) else ():
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, annotation = node.target.id, ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, annotation = node.targets[0].id, ""
        else:
            continue
        if not annotation.startswith("ClassVar"):
            default = "" if node.value is None else ast.unparse(node.value)
            comment = " ".join(_beside(node, comments))
            found.append(Field(name, annotation, default, comment))
    return found


def _comments(source: str) -> dict[int, tuple[str, bool]]:
    """Line → its comment, and whether the comment has the line to itself."""
    found: dict[int, tuple[str, bool]] = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            alone = not token.line[: token.start[1]].strip()
            found[token.start[0]] = (token.string.lstrip("# "), alone)
    return found


def _beside(node: ast.stmt, comments: dict[int, tuple[str, bool]]) -> Iterator[str]:
    """The comment lines right above a statement, then those at the ends of its own lines."""
    above = node.lineno
    while comments.get(above - 1, ("", False))[1]:
        above -= 1
    for line in range(above, (node.end_lineno or node.lineno) + 1):
        if line in comments and not comments[line][0].startswith(("---", "fmt:", "noqa", "type:")):
            yield comments[line][0]


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield from ("", "| " + " | ".join(head) + " |", "|" + " --- |" * len(head))
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def _field_table(cls: type) -> Iterator[str]:
    rows = [(f"`{field.name}`", f"`{field.annotation}`", field.comment) for field in fields_of(cls)]
    yield from _table(("field", "type", "meaning"), rows) if rows else ("",)


def _words(thing: object) -> str:
    """A docstring as Markdown paragraphs."""
    return inspect.cleandoc(thing.__doc__ or "")


def _rules(module: str) -> list[str]:
    """The rules of a module: the list behind the line `Rules` of its docstring."""
    lines = _words(importlib.import_module(module)).split("\n")
    listed = lines[lines.index("Rules") + 1 :]
    return [line.removeprefix(" ") for line in listed]


def _document(*lines: str) -> str:
    """Lines as a file: no more than one empty line in a row, one line end at the end."""
    text = "\n".join((_HEAD, "", *lines))
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.rstrip("\n") + "\n"


def events() -> str:
    """docs/events.md: every kind of event that the store records."""
    lines = [
        "# Events",
        "",
        "What Echo records while recording is switched on. The event log is the truth: gaps and",
        "samples are made from it and can be made again (adr/0004).",
        "",
        *_rules("echo_core.records.events"),
    ]
    for kind, cls in KINDS.items():
        lines += ["", f"## `{kind}`", "", _words(cls), *_field_table(cls)]
    lines += ["", "## Values"]
    for enum in (Origin, Trigger, OutcomeKind, HeadMove):
        table = _table(("value", "meaning"), _members(enum))
        lines += ["", f"### `{enum.__name__}`", "", _words(enum), *table]
    return _document(*lines)


def wire() -> str:
    """docs/wire.md: every message between two processes of ours."""
    lines = [
        "# Messages between Echo's processes",
        "",
        f"Protocol version {PROTOCOL_VERSION}. JSON-RPC 2.0 in LSP's framing, over a socket that",
        "only its user may open. A method without a result is a notification.",
        "",
        *_rules("echo_core.records.wire"),
    ]
    rows = [
        (f"`{name}`", f"`{params.__name__}`", f"`{result.__name__}`" if result else "")
        for name, (params, result) in METHODS.items()
    ]
    lines += _table(("method", "parameters", "result"), rows)
    lines += ["## Values"]
    for name, cls in sorted(_wire_values().items()):
        lines += ["", f"### `{name}`", "", _words(cls), *_field_table(cls)]
    return _document(*lines)


def _wire_values() -> dict[str, type]:
    """Each record of `echo_core.records.wire` that a method carries, directly or inside another."""
    module = importlib.import_module("echo_core.records.wire")
    waiting = [cls for signature in METHODS.values() for cls in signature if cls is not None]
    found: dict[str, type] = {}
    while waiting:
        cls = waiting.pop()
        if cls.__name__ in found:
            continue
        found[cls.__name__] = cls
        mentioned = {
            node.id
            for field in fields_of(cls)
            for node in ast.walk(ast.parse(field.annotation))
            if isinstance(node, ast.Name)
        }
        inner = [getattr(module, name, None) for name in mentioned]
        waiting += [value for value in inner if isinstance(value, type)]
    return found


def reasons() -> str:
    """docs/reasons.md: why a request ended as it did, and why a gap's life ended."""
    ended = [
        (f"`{reason}`", "; ".join(signal.value for signal, end in BREAKS.items() if end is reason))
        for reason in Break
    ]
    lines = [
        "# Reasons",
        "",
        "Every silence has a reason, and reasons are counted: `echoctl status` and",
        "`echoctl metrics` show how often each one came up.",
        "",
        "## The end of a completion request",
        *_table(("reason", "meaning"), [(f"`{reason}`", reason.sentence) for reason in Reason]),
        "## The end of a gap's life",
        *_table(("reason", "what ended it"), ended),
    ]
    return _document(*lines)


def causes() -> str:
    """docs/causes.md: the checks in their order, and why a sample is dropped or marked."""
    steps = [
        (
            f"`{step.name}`",
            str(step.version),
            step.asks,
            step.cost.value,
            ", ".join(f"`{cause}`" for cause in sorted(step.tolerates)),
        )
        for step in TABLE
    ]
    return _document(
        "# Checks and causes",
        "",
        "[verification.md](verification.md) says how a candidate becomes a sample, or does not.",
        "`echoctl samples explain ID` tells of one sample what every check said;",
        "`echoctl distill` counts the causes.",
        "",
        "## The checks, in their order",
        "",
        *_rules("echo_core.judging.checks.table"),
        *_table(("check", "version", "question", "cost", "may stay open for"), steps),
        *_table(("cost", "what it takes"), _members(Cost)),
        *_table(("verdict", "what becomes of the sample"), _members(Finding)),
        "## The causes",
        *_table(("cause", "meaning"), [(f"`{cause}`", cause.sentence) for cause in Cause]),
        "## Why nothing is being judged",
        *_table(("pause", "meaning"), [(f"`{pause}`", pause.sentence) for pause in Pause]),
    )


def tables() -> str:
    """docs/tables.md: the tables and limits by which editing becomes samples."""
    gap_rows = [(signal.value, f"`{end}`" if end else "lives on") for signal, end in BREAKS.items()]
    step_rows = [
        (state.value, signal.value, after.value, ", ".join(f"`{outcome}`" for outcome in outcomes))
        for state, steps in STEPS.items()
        for signal, (after, outcomes) in steps.items()
    ]
    return _document(
        "# Tables and limits of experience",
        "",
        "[experience.md](experience.md) tells how editing becomes samples; these are the",
        "program's own tables. Time comes in as an argument and positions are",
        "mapped through edits, so that the live result and a rebuild from the event log agree.",
        "",
        "## The life of a gap",
        "",
        "A gap opens at each request, empty, at the cursor. The characters next to it on both",
        "sides are its anchors.",
        *_table(("what happens", "end of life"), gap_rows),
        *_table(("limit", "value", "why"), _limits("GAP_", "GAPS_")),
        "## The life of a proposal",
        "",
        "[adr/0001](adr/0001-what-shown-means.md) says what *seen* means. A signal that a state",
        "does not know changes nothing.",
        *_table(("state", "what happens", "then", "recorded"), step_rows),
        *_table(("limit", "value", "why"), _limits("SHOWN_")),
        "## Who caused an edit",
        *_table(("limit", "value", "why"), _limits("", module=origins)),
        "## What is kept with a sample",
        *_table(("limit", "value", "why"), _limits("SAMPLE_")),
    )


def _limits(*prefixes: str, module: ModuleType = limits) -> list[tuple[str, ...]]:
    """The constants of a module whose names begin so, with the comments behind them."""
    source = inspect.getsource(module)
    comments = _comments(source)
    return [
        (f"`{name}`", f"{getattr(module, name):,}", " ".join(_beside(node, comments)))
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for name in (ast.unparse(node.targets[0]),)
        if name.isupper() and name.startswith(prefixes)
    ]


def _members(enum: type[Enum]) -> list[tuple[str, ...]]:
    comments = {field.name: field.comment for field in fields_of(enum)}
    return [(f"`{member.value}`", comments[member.name]) for member in enum]


def vscode() -> str:
    """editor-client/vscode/configuration.json: what the extension's manifest contributes."""
    return json.dumps(vscode_configuration(), indent=2, ensure_ascii=False) + "\n"


def commands() -> str:
    """docs/commands.md: every command of echoctl and echo-trainer, with arguments and options."""
    lines = [
        "# Commands",
        "",
        "`echoctl` is for whoever writes code, `echo-trainer` for whoever runs a trainer.",
    ]
    for path, command in every_command():
        lines += ["", f"## `{path}`", "", *_help(command)]
        rows = [(f"`{_spelling(param)}`", help_of(param)) for param in command.params]
        lines += _table(("argument", "meaning"), rows) if rows else []
    return _document(*lines)


def _help(command: click.Command) -> Iterator[str]:
    """A command's help as Markdown; what click is told not to wrap becomes a code block."""
    text = inspect.cleandoc(command.help or "").partition("\f")[0]
    for paragraph in text.split("\n\n"):
        verbatim = paragraph.removeprefix("\b\n")
        fenced = ("```text", verbatim, "```") if verbatim != paragraph else (paragraph,)
        yield from (*fenced, "")


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, a group before what it holds."""
    waiting: list[tuple[str, click.Command]] = [
        (name, importlib.import_module(module).main)
        for name, module in (
            ("echoctl", "echo_daemon.ctl.main"),
            ("echo-trainer", "echo_trainer.cli.main"),
        )
    ]
    while waiting:
        path, command = waiting.pop(0)
        yield path, command
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=path)
            inner = [
                (name, command.get_command(context, name))
                for name in command.list_commands(context)
            ]
            waiting[:0] = [(f"{path} {name}", found) for name, found in inner if found]


def help_of(param: click.Parameter) -> str:
    """What a person is told of an option; an argument is explained by its command's own text."""
    if isinstance(param, click.Option):
        return param.help or ""
    return str(getattr(param, "help", None) or ("required" if param.required else "optional"))


def _spelling(param: click.Parameter) -> str:
    if isinstance(param, click.Argument):
        return param.human_readable_name
    spelling = ", ".join([*param.opts, *param.secondary_opts])
    if isinstance(param, click.Option) and not param.is_flag and not param.count:
        choices = param.type.choices if isinstance(param.type, click.Choice) else ()
        value = "|".join(str(choice) for choice in choices) or (param.metavar or "VALUE")
        spelling = f"{spelling} {value}"
    return spelling


DOCUMENTS: Final[dict[str, Callable[[], str]]] = {
    "docs/causes.md": causes,
    "docs/commands.md": commands,
    "docs/consent.md": lambda: _document(*agreed_to()),
    "docs/data-dictionary.md": lambda: _document(
        *every_field(_rules("echo_core.sharing.dictionary"))
    ),
    "docs/events.md": events,
    "docs/reasons.md": reasons,
    "docs/settings.md": lambda: _document(*settings_page()),
    "docs/tables.md": tables,
    "docs/trainer-settings.md": lambda: _document(*trainer_page()),
    "docs/wire.md": wire,
    "editor-client/vscode/configuration.json": vscode,
}


def main(names: list[str]) -> None:
    """Write the documents called `names`, or all of them."""
    for name in names or DOCUMENTS:
        text = DOCUMENTS[name]()
        (ROOT / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
