"""What replays print: ghost text, figures, samples. Pure: values in, renderables out.

Left out: the console, its width, its colours, NO_COLOR (rich's `Console` knows them); where the
values come from.

Rules
 - With `plain`, ghost text stands between ⟨ and ⟩, because nothing else would tell it apart.
 - Source text is printed as it is, but control characters are made visible: a file may hold
   escape sequences, and a terminal obeys them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from echo_core.judging.judgement import State
from echo_core.records import wire

GHOST_LINES_MAX = 4  # of one proposal; the rest is counted
CONTEXT_LINES = 3  # of a sample's prefix, in short
SURROUNDING_LINES = 12  # on each side of a sample, in full

_GHOST = "dim italic"
_TABS = 4


@dataclass(frozen=True, slots=True)
class Ghost:
    """One answered request as a person would have seen it."""

    before: str  # the line up to the cursor
    proposal: str  # may have several lines; empty: silence
    taken: str  # how much of it was taken, from its start
    late: bool
    wait_ms: float
    tokens_evaluated: int | None  # None: not known
    reason: str = ""  # why there was silence


@dataclass(frozen=True, slots=True)
class Figures:
    """What a replay came to. Rates are made here, from counts."""

    edits_sent: int
    edits_recorded: int | None  # None: recording is off
    requests: int
    late: int
    shown: int
    accepted: int
    accepted_chars: int
    accepted_kept_chars: int
    typed_chars: int
    latency_p50_ms: float
    latency_p95_ms: float
    tokens_per_request_p50: float
    tokens_per_key_p50: float | None  # None: no request came one key after another
    keys_measured: int
    gaps: Mapping[str, int]
    reasons: Mapping[str, int]
    samples: int
    nested: int
    events: int
    wall_ms: float
    closes_checked: int


# --- ghost text -------------------------------------------------------------------------------


def ghost(one: Ghost, *, plain: bool) -> RenderableType:
    """The line so far, the proposal behind it, and below what became of it."""
    verdict = _verdict(one)
    line = Text("  ", no_wrap=True, overflow="ellipsis")
    line.append(visible(one.before))
    if not one.proposal:
        return Group(line, verdict)
    lines = one.proposal.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    shown, hidden = lines[:GHOST_LINES_MAX], max(0, len(lines) - GHOST_LINES_MAX)
    body = [line]
    body += [Text("  ", no_wrap=True, overflow="ellipsis") for _ in shown[1:]]
    for number, text in enumerate(shown):
        body[number].append(_bracketed(text, number, len(shown), plain), style=_GHOST)
    if hidden:
        more = f"{hidden} more line{'s' if hidden > 1 else ''}"
        body.append(Text(f"  … {more}", style=_GHOST, no_wrap=True))
    return Group(*body, verdict)


def ghost_line(one: Ghost, *, plain: bool) -> RenderableType:
    """One answered request in one line: time, tokens, the line so far and the proposal."""
    tokens = "" if one.tokens_evaluated is None else f"{one.tokens_evaluated:,} tok"
    line = Text(f"{one.wait_ms:>7,.0f} ms {tokens:>8}  ", no_wrap=True, overflow="ellipsis")
    line.append("✓ " if one.taken else "  ", style="green")
    line.append(visible(one.before))
    if one.proposal:
        first, *more = one.proposal.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        first += "…" if more else ""
        line.append(_bracketed(first, 0, 1, plain), style=_GHOST)
    return Group(line)  # alone, a console would forget that it must not wrap


def typed_along(waits_ms: Sequence[float]) -> RenderableType:
    """Keys that said what was proposed already: the proposal goes on, nothing is asked."""
    keys = f"{len(waits_ms)} key{'' if len(waits_ms) == 1 else 's'}"
    longest_ms = f"{max(waits_ms):,.0f}"
    return Group(
        Text(
            f"{longest_ms:>7} ms    0 tok    … {keys} typed along it",
            style="dim",
            no_wrap=True,
            overflow="ellipsis",
        )
    )


def _bracketed(text: str, number: int, count: int, plain: bool) -> str:
    text = visible(text)
    if not plain:
        return text
    return ("⟨" if number == 0 else "") + text + ("⟩" if number == count - 1 else "")


def _verdict(one: Ghost) -> Text:
    if one.late:
        words, style = "· too late, typed on", "yellow"
    elif not one.proposal:
        words, style = f"· silence ({one.reason or 'no proposal'})", "dim"
    elif not one.taken:
        words, style = "· typed on", "yellow"
    elif one.taken == one.proposal:
        words, style = "✓ accepted", "green"
    else:
        words, style = "✓ accepted its first line", "green"
    verdict = Text("      ", no_wrap=True, overflow="ellipsis")
    verdict.append(words, style=style)
    verdict.append(f"  {one.wait_ms:,.0f} ms", style="bold")
    if one.tokens_evaluated is not None:
        tokens = one.tokens_evaluated
        verdict.append(f"  {tokens:,} prompt token{'' if tokens == 1 else 's'}", style="dim")
    return verdict


def visible(text: str) -> str:
    """`text` without anything that a terminal obeys: control characters become pictures."""
    if text.isprintable():
        return text
    return "".join(_picture(char) for char in text.expandtabs(_TABS))


def _picture(char: str) -> str:
    if char.isprintable() or char == "\n":
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"


# --- figures ----------------------------------------------------------------------------------


def figures(of: Figures) -> Table:
    """The table that ends a replay."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, value in figure_rows(of):
        table.add_row(name, value)
    return table


def figure_rows(of: Figures) -> list[tuple[str, str]]:
    """Names and values, in the order in which they are read."""
    recorded = "not recorded, recording is off"
    if of.edits_recorded is not None:
        same = "equal" if of.edits_sent == of.edits_recorded else "DIFFERENT"
        recorded = f"{of.edits_recorded:,} ({same})"
    checked = f"yes ({of.closes_checked:,} checked)" if of.closes_checked else "nothing to check"
    written = of.typed_chars + of.accepted_chars
    late = f" ({of.late:,} too late)" if of.late else ""
    seconds = of.wall_ms / 1000
    rate = of.events / seconds if seconds else 0.0
    return [
        ("edits sent / recorded", f"{of.edits_sent:,} / {recorded}"),
        ("requests", f"{of.requests:,}{late}"),
        ("answers", _counts(of.reasons)),
        ("shown", f"{of.shown:,}"),
        ("accepted", f"{of.accepted:,}"),
        ("AR, accepted / shown", _share(of.accepted, of.shown)),
        ("GR, kept / written characters", _share(of.accepted_kept_chars, written)),
        ("latency p50 / p95", f"{of.latency_p50_ms:,.0f} ms / {of.latency_p95_ms:,.0f} ms"),
        ("prompt tokens per request p50", f"{of.tokens_per_request_p50:,.1f}"),
        ("prompt tokens per key p50", _per_key(of)),
        ("gaps by reason", _counts(of.gaps)),
        ("samples", f"{of.samples:,} ({of.nested:,} gaps nested in their bursts)"),
        ("wall time", f"{seconds:,.1f} s"),
        ("events per second", f"{rate:,.0f} ({of.events:,} events)"),
        ("text equal to close", checked),
    ]


def _per_key(of: Figures) -> str:
    if of.tokens_per_key_p50 is None:
        return "– (no two requests one key apart)"
    return f"{of.tokens_per_key_p50:,.1f} (inside gaps, {of.keys_measured:,} keys)"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part:,} / {whole:,})" if whole else "– (none)"


def _counts(counts: Mapping[str, int]) -> str:
    found = sorted(((count, name) for name, count in counts.items() if count), reverse=True)
    return " · ".join(f"{name} {count:,}" for count, name in found) or "none"


# --- samples ----------------------------------------------------------------------------------


def sample(detail: wire.SampleDetail, *, plain: bool) -> RenderableType:
    """A sample in short: the last lines of its context, what was offered, what was kept."""
    row = detail.row
    return Group(
        Text(f"sample {row.id}  {_name(row)}  ended: {row.break_reason}", style="bold"),
        labelled("context", last_lines(detail.prefix, CONTEXT_LINES), "dim"),
        labelled("proposed", _offered(detail, plain=plain), _GHOST),
        labelled("kept", _kept(detail), "green"),
    )


def sample_lines(detail: wire.SampleDetail, *, plain: bool = True) -> list[RenderableType]:
    """A whole sample: where it comes from, the lines around it, what was offered and kept."""
    row = detail.row
    model = detail.model or "no model"
    return [
        Text(f"sample {row.id}  {row.doc}", style="bold"),
        Text(
            f"  {row.language or 'unknown language'}, {model}, lived {row.lived_ms / 1000:,.1f} s, "
            f"ended: {row.break_reason}"
        ),
        labelled("before", last_lines(detail.prefix, SURROUNDING_LINES), "dim"),
        labelled("proposed", _offered(detail, plain=plain), _GHOST),
        *kept_lines(detail),
        labelled("after", first_lines(detail.suffix, SURROUNDING_LINES), "dim"),
    ]


def _name(row: wire.SampleRow) -> str:
    return visible(row.doc.rsplit("/", 1)[-1])


def _offered(detail: wire.SampleDetail, *, plain: bool) -> str:
    if not detail.proposal:
        return "(nothing)"
    offered = visible(detail.proposal)
    return f"⟨{offered}⟩" if plain else offered


def _kept(detail: wire.SampleDetail) -> str:
    return visible(detail.target) if detail.target else "(nothing)"


def kept_lines(detail: wire.SampleDetail) -> list[RenderableType]:
    """What was kept; of a judged sample the refined target, and what was cut off behind it."""
    if detail.row.state == State.CANDIDATE:
        return [labelled("kept", _kept(detail), "green")]
    refined, rest = detail.judged[: detail.row.cut_chars], detail.judged[detail.row.cut_chars :]
    lines = [labelled("target", visible(refined) if refined else "(silence)", "green")]
    if detail.committed:
        lines.insert(0, labelled("at break", _kept(detail), "dim"))
    if rest.strip():
        lines.append(labelled("cut off", visible(rest.strip("\r\n")), "dim strike"))
    return lines


def labelled(label: str, text: str, style: str) -> RenderableType:
    """Text behind its label, line by line."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=9, style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for number, line in enumerate(text.split("\n")):
        grid.add_row(label if number == 0 else "", Text(line, style=style))
    return Padding(grid, (0, 0, 0, 2))


def last_lines(text: str, count: int) -> str:
    """The last `count` lines of `text`, made visible."""
    return "\n".join(_lines(text)[-count:])


def first_lines(text: str, count: int) -> str:
    """The first `count` lines of `text`, made visible."""
    return "\n".join(_lines(text)[:count])


def _lines(text: str) -> list[str]:
    return visible(text.replace("\r\n", "\n")).split("\n")
