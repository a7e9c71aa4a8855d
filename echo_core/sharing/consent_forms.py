"""What people agree to, as Markdown: docs/consent.md and docs/data-dictionary.md are made from it.

Left out: the words themselves (`echo_core.sharing.consent_text`, `echo_core.sharing.dictionary`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from echo_core.sharing.consent import Decision, Rule, Switch
from echo_core.sharing.consent_text import TEXTS, text_digest
from echo_core.sharing.dictionary import lines

_TITLES: Final = {
    Switch.RECORD: "Recorded on this machine",
    Switch.CONTRIBUTE: "Sent when you contribute samples",
    Switch.HISTORY: "Sent when you contribute imported history",
    Switch.METRICS: "Sent when you send metrics",
    Switch.TEACHER_ENDPOINT: "Sent to the teacher's endpoint",
}


def agreed_to() -> Iterator[str]:
    """Every switch with what people are shown, and what may decide."""
    yield from (
        "# What you agree to",
        "",
        "Each switch is off until you choose: `echoctl consent show` says what is on and why.",
        "The strictest wins: your choice, that for a folder, your organisation's policy file,",
        "`DO_NOT_TRACK`, CI, and for what leaves this machine your editor's own telemetry setting.",
        "When a text here changes, or a field of [the data dictionary](data-dictionary.md) that it",
        "is about, you are asked again: your answer is recorded with the digest of both.",
        "",
        "An organisation's policy is a file `policy.toml` in `/etc/echo-completion` or where the",
        "platform keeps the configuration of the whole machine; it can forbid, not switch on, and",
        "one that cannot be understood forbids everything:",
        "",
        "```toml",
        "[consent]",
        'contribute = "forbidden"',
        'metrics = "allowed"',
        "```",
        "",
        "What others decide holds while Echo runs: that file and the record of your choices are",
        "watched, and read again every 5 s. Where recording is forbidden it ends, what is open is",
        "closed in the log, and the editor's status says once which rule it was; it begins again",
        "when no rule forbids it. `DO_NOT_TRACK` and CI are those of the start.",
    )
    for switch in Switch:
        yield from ("", f"## `{switch}`", "", TEXTS[switch], f"digest: `{text_digest(switch)}`")
    yield from ("", "## What decides", "", "Of several rules the first is named.", "")
    yield from ("| rule | what you are told |", "| --- | --- |")
    for rule in Rule:
        yield f"| `{rule}` | {Decision(Switch.CONTRIBUTE, rule).reason} |"


def every_field(rules: Sequence[str]) -> Iterator[str]:
    """The data dictionary; `rules` are those of its module."""
    yield from (
        "# Data dictionary",
        "",
        "Every field, what it is for, what kind of thing it is, how long it is kept, and whether",
        "it leaves this machine. What is not here is neither recorded nor sent.",
        "",
        *rules,
    )
    for switch in Switch:
        yield from ("", f"## {_TITLES[switch]} (`{switch}`)", "")
        yield from ("| field | purpose | category | kept | leaves |", "|" + " --- |" * 5)
        for line in lines(switch):
            leaves = "yes" if line.leaves else "no"
            name = f"`{line.record}.{line.field}`"
            yield f"| {name} | {line.purpose} | {line.category} | {line.kept} | {leaves} |"
