"""What a front remembers of the places that a person leaves, and when a prompt gets to see it."""

from __future__ import annotations

import pytest

from echo_core.completion.context import NO_CONTEXT
from echo_core.completion.window import Window
from echo_core.records.wire import (
    PROTOCOL_VERSION,
    CompletionAsk,
    DocumentCursor,
    DocumentEdit,
    DocumentOpen,
    DocumentRef,
    Hello,
)
from echo_daemon.completion.surroundings import WORKSPACES_MAX, Surroundings
from echo_daemon.completion.values import CompletionOptions
from echo_daemon.front import Front
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_testing.desk import Desk
from echo_testing.wound_clock import WoundClock

ROOT = "file:///home/ada/shapes"
CALLED = "".join(f"def helper_{number}(x):\n    return x * {number}\n\n\n" for number in range(120))
CALLING = "import math\n\n\ndef area(radius):\n    return \n"


class EditorWindow:
    """One editor window with two files of a workspace."""

    def __init__(self, options: CompletionOptions | None = None, root: str = ROOT) -> None:
        self.desk = Desk(
            options=options or CompletionOptions(look_ahead=False, context_budget_tokens=800)
        )
        self.root = root
        self.front = self.connect(root)
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}

    def connect(self, root: str) -> Front:
        hello = Hello(PROTOCOL_VERSION, "test", 1, roots=[root] if root else [])
        return Front(
            hello,
            completer=self.desk.completer,
            recorder=self.desk.recorder,
            clock=self.desk.clock,
            resync=self.desk.resyncs.append,
            count=lambda _reason: None,
            answered=lambda _proposed, _hit: None,
        )

    def open(self, path: str, text: str, language: str = "python") -> None:
        self.texts[path], self.versions[path] = text, 1
        self.front.open(DocumentOpen(f"{self.root}/{path}", language, 1, text))

    def go(self, path: str, offset: int) -> None:
        self.front.focus(DocumentRef(f"{self.root}/{path}"))
        self.front.cursor(DocumentCursor(f"{self.root}/{path}", offset, offset))

    def type(self, path: str, offset: int, inserted: str) -> None:
        text = self.texts[path]
        self.texts[path] = text = text[:offset] + inserted + text[offset:]
        self.versions[path] += 1
        edits = [(offset, 0, inserted)]
        doc = f"{self.root}/{path}"
        self.front.edit(DocumentEdit(doc, self.versions[path], edits, len(text)))

    async def ask(self, path: str, offset: int) -> Window:
        doc = f"{self.root}/{path}"
        await self.front.complete(CompletionAsk(doc, self.versions[path], offset, "automatic"))
        return self.desk.engine.jobs[-1].window

    @property
    def prepared(self) -> Window:
        return self.desk.engine.prepared[-1]


def labels(window: Window) -> list[str]:
    return [chunk.label for chunk in window.context.chunks]


async def test_the_place_that_was_left_is_shown_where_one_goes() -> None:
    window = EditorWindow()
    window.open("src/round.py", CALLED)
    window.open("src/area.py", CALLING)
    window.go("src/round.py", CALLED.index("helper_60"))
    window.type("src/round.py", CALLED.index("helper_60"), "my_")
    window.go("src/area.py", len(CALLING) - 1)
    (chunk,) = window.prepared.context.chunks
    assert (chunk.label, chunk.language) == ("src/round.py", "python")
    assert "def my_helper_60(x):" in chunk.text
    assert (window.prepared.context.workspace, window.prepared.context.label) == (
        "shapes", "src/area.py"
    )  # fmt: skip
    asked = await window.ask("src/area.py", len(CALLING) - 1)
    assert asked == window.prepared


async def test_keys_change_no_context_and_going_there_anew_does() -> None:
    window = EditorWindow()
    window.open("a.py", CALLED)
    window.open("b.py", CALLING)
    window.go("a.py", 2000)
    window.go("b.py", len(CALLING) - 1)
    first = window.prepared.context
    at = len(CALLING) - 1
    for key in "math.pi":
        window.type("b.py", at, key)
        at += 1
        assert (await window.ask("b.py", at)).context == first
    window.go("a.py", 4000)
    window.go("b.py", at)
    assert window.prepared.context.chunks[: len(first.chunks)] == first.chunks
    assert len(window.prepared.context.chunks) == len(first.chunks) + 1


async def test_a_client_that_tells_no_cursor_leaves_places_by_asking_elsewhere() -> None:
    window = EditorWindow()
    window.open("a.py", CALLED)
    window.open("b.py", CALLING)
    await window.ask("a.py", 2000)
    window.type("a.py", 2000, "z")
    assert labels(await window.ask("b.py", len(CALLING) - 1)) == ["a.py"]


async def test_a_jump_within_a_file_leaves_a_place() -> None:
    window = EditorWindow()
    window.open("a.py", CALLED)
    window.go("a.py", 100)
    window.go("a.py", 200)
    assert labels(window.prepared) == []
    window.go("a.py", 4000)
    assert labels(window.prepared) == ["a.py"]
    assert "helper_0" in window.prepared.context.chunks[0].text
    window.type("a.py", 100, "z")  # without the cursor having told
    assert len(window.front._workspace.ring.chunks) == 2


def test_opening_is_no_visit_saving_and_closing_leave_what_was_edited() -> None:
    window = EditorWindow()
    window.open("a.py", CALLED)
    window.open("b.py", CALLING)
    window.front.focus(DocumentRef(f"{ROOT}/a.py"))
    window.front.save(DocumentRef(f"{ROOT}/a.py"))
    window.front.focus(DocumentRef(f"{ROOT}/b.py"))
    assert window.front._workspace.ring.chunks == ()
    window.go("a.py", 300)
    window.type("a.py", 300, "z")
    window.front.save(DocumentRef(f"{ROOT}/a.py"))
    assert len(window.front._workspace.ring.chunks) == 1
    window.go("b.py", 3)
    window.front.close_document(DocumentRef(f"{ROOT}/b.py"))
    assert [chunk.label for chunk in window.front._workspace.ring.chunks] == ["a.py", "b.py"]
    window.front.close_document(DocumentRef(f"{ROOT}/never.py"))


def test_what_a_program_edits_elsewhere_is_no_visit() -> None:
    window = EditorWindow()
    window.open("a.py", CALLED)
    window.open("b.py", CALLING)
    window.go("b.py", 3)
    window.type("a.py", 300, "z")
    window.type("b.py", 3, "\n".join(f"line {number}" for number in range(9)))
    window.go("a.py", 300)
    assert labels(window.prepared) == ["b.py"]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (".env", "python"),
        (".env.local", "shellscript"),
        ("id_rsa", "plaintext"),
        ("server.key", "plaintext"),
        ("app/secrets.yaml", "yaml"),
        ("notes.txt", "plaintext"),
        ("COMMIT_EDITMSG", "git-commit"),
        ("off.lua", "lua"),
    ],
)
def test_what_must_not_be_shown_elsewhere_never_gets_in(path: str, language: str) -> None:
    off = CompletionOptions(
        look_ahead=False, context_budget_tokens=800, disabled_languages=frozenset({"lua"})
    )
    window = EditorWindow(off)
    window.open(path, CALLED, language)
    window.open("b.py", CALLING)
    window.go(path, 2000)
    window.type(path, 2000, "z")
    window.go("b.py", 3)
    assert window.front._workspace.ring.chunks == ()


def test_workspaces_are_never_mixed() -> None:
    window = EditorWindow()
    window.open("a.py", CALLED)
    window.open("b.py", CALLING)
    window.go("a.py", 2000)
    window.go("b.py", 3)
    same, other, none = (window.connect(root) for root in (ROOT, "file:///else", ""))
    assert same._workspace is window.front._workspace
    assert other._workspace.ring.chunks == none._workspace.ring.chunks == ()
    assert none._workspace is not window.connect("")._workspace


def test_the_workspaces_that_were_used_last_are_kept() -> None:
    surroundings = Surroundings(TreeSitterStructure(WoundClock()), 800, frozenset())
    first = surroundings.workspace([ROOT])
    for number in range(WORKSPACES_MAX - 1):
        surroundings.workspace([f"file:///{number}"])
    assert surroundings.workspace([ROOT]) is first
    for number in range(WORKSPACES_MAX):
        surroundings.workspace([f"file:///{number}"])
    assert surroundings.workspace([ROOT]) is not first


def test_labels_are_never_paths_of_the_machine() -> None:
    surroundings = Surroundings(TreeSitterStructure(WoundClock()), 800, frozenset())
    workspace = surroundings.workspace([ROOT + "/", f"{ROOT}/lib"])
    assert workspace.name == "shapes"
    assert workspace.label(f"{ROOT}/src/a%20b.py") == "src/a b.py"
    assert workspace.label(f"{ROOT}/lib/c.py") == "c.py"
    assert workspace.label("file:///home/ada/other/x.py") == "x.py"
    assert workspace.label("file:///c%3A%5Cada%5Cx.py") == "x.py"
    assert workspace.label("untitled:Untitled-1") == "untitled:Untitled-1"
    assert workspace.label(f"{ROOT}/odd%0Aname.py") == "odd name.py"
    assert surroundings.workspace([]).name == ""


async def test_without_a_budget_there_is_no_context() -> None:
    window = EditorWindow(CompletionOptions(look_ahead=False, context_budget_tokens=0))
    window.open("a.py", CALLED)
    window.open("b.py", CALLED)
    window.go("a.py", 2000)
    window.type("a.py", 2000, "z")
    window.go("b.py", 4000)
    assert window.prepared.context is NO_CONTEXT
    assert (await window.ask("b.py", 4000)).context is NO_CONTEXT


async def test_the_outline_is_what_stands_above_the_window() -> None:
    window = EditorWindow()
    window.open("a.py", "import os\n" + CALLED)
    window.go("a.py", 4000)
    context = window.prepared.context
    assert context.chunks == ()
    assert context.outline.startswith("import os\ndef helper_")
    head = window.prepared.head
    assert all(line not in head for line in context.outline.split("\n")[1:])


def test_a_small_budget_is_for_the_outline_alone() -> None:
    small = EditorWindow(CompletionOptions(look_ahead=False, context_budget_tokens=300))
    small.open("a.py", CALLED)
    small.open("b.py", CALLED)
    small.go("a.py", 2000)
    small.type("a.py", 2000, "z")
    small.go("b.py", 4000)
    assert small.prepared.context.chunks == ()
    assert small.prepared.context.outline
