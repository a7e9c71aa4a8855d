"""The rules, over every file of the project."""

from __future__ import annotations

from tidy import rules, tree


def check(complaints: list[str]) -> None:
    """Fail with every complaint on a line of its own."""
    assert not complaints, "\n" + "\n".join(complaints)


def test_the_tree_is_found() -> None:
    assert {"pyproject.toml", "echo_core/records/events.py", "tests/tidy/rules.py"} <= set(
        tree.paths()
    )
    assert {
        "echo_core",
        "echo_core.records.events",
        "echo_engine.api",
    } <= tree.modules().keys()


def test_source_roots_are_not_packages() -> None:
    check(list(rules.source_root_packages(list(tree.paths()))))


def test_banned_calls() -> None:
    check([line for path, text in tree.python() for line in rules.banned_calls(path, text)])


def test_no_leftover_marks() -> None:
    check([line for path, text in tree.texts() for line in rules.leftovers(path, text)])


def test_no_merge_is_left_unresolved() -> None:
    check([line for path, text in tree.texts() for line in rules.merge_marks(path, text)])


def test_nothing_names_one_machine() -> None:
    here = tree.host_paths()
    check(
        [
            line
            for path, text in tree.texts()
            for line in rules.host_names(path, text, host_paths=here)
        ]
    )


def test_every_module_opens_with_a_docstring() -> None:
    check([line for path, text in tree.python() for line in rules.docstring(path, text)])


def test_no_file_is_too_long() -> None:
    known = tree.ratchet("files")
    check([line for path, text in tree.python() for line in rules.file_length(path, text, known)])
    check(
        [
            f"{path}: no such file; take it out of ratchet.toml"
            for path in known
            if path not in tree.paths()
        ]
    )


def test_no_function_is_too_long() -> None:
    known = tree.ratchet("functions")
    check(
        [line for path, text in tree.python() for line in rules.function_lengths(path, text, known)]
    )


def test_no_module_is_dead() -> None:
    modules = tree.modules()
    scripts = tree.project()["project"]["scripts"]
    assert isinstance(scripts, dict)
    entries = {target.partition(":")[0] for target in scripts.values()}
    missing = sorted(entries - modules.keys())
    check([f"pyproject.toml: {name} is an entry point and does not exist" for name in missing])
    entries |= {name for name in modules if name.endswith(".__main__")}
    entries |= {name for name in modules if ".migrations." in name}  # Alembic finds them
    check(list(rules.dead_modules(modules, entries)))
