"""Names in ten languages: which are used, which are there, which belong to something else."""

from __future__ import annotations

import pytest

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.names import judge
from echo_core.judging.checks.verdict import Finding
from echo_daemon.structure.faults import CHARS_MAX, FaultFinder
from echo_daemon.structure.name_kinds import BUILTINS, KINDS
from echo_daemon.structure.names import NameFinder, builtins


def unknown(language: str, text: str, known: frozenset[str] = frozenset()) -> list[str]:
    """Names of the target, which stands between « and », that resolve nowhere."""
    prefix, _, rest = text.partition("«")
    target, _, suffix = rest.partition("»")
    case = Case(language, "a", prefix, target, suffix)
    names = NameFinder(FaultFinder()).names(case)
    if judge(case, names, known).finding is not Finding.DROPPED:
        return []
    return [use.name for use in names.used if use.name not in names.defined | known]


PYTHON = """\
import os.path as paths
from a.b import first, second as other

class Held:
    limit = 3

def f(arg, *rest, key=None, **more):
    «for at, (one, two) in enumerate(rest):
        print(at, one.lost, two, paths, first, other, arg, key, more, Held(size=1), gone(self))
    with open(arg) as file, missing as there:
        total = sum(x for x in file if __name__)
    return [there, total, lambda y: y, {**more}, f"{nowhere}", _]
»"""
TYPED = """\
import Base, { type Props as P, helper } from "x";
import * as all from "y";
enum Kind { A }
export class Box<T> extends Base {
  run(items: T[], { size, deep: [inner] }: P) {
    «const { a, b: renamed = helper } = all.get({ items, key: size, missing });
    for (const one of items) this.lost(one, inner, renamed, a, Kind.A, document, undefined);
    const f = (x: Gone<T>, y?: Promise<string>): x is P => x satisfies Record<string, number>;
    try { f(lost()); } catch (error) { label: while (true) break label; console.log(error); }
»  }
}
"""
JAVA = """\
package a.b;
import java.util.List;
class A<T> {
  int field;
  static int twice(int n) { return 2 * n; }
  void f(String[] args) {
    «List<Gone> found = new java.util.ArrayList<>();
    for (String one : args) found.add(twice(field) + one.length() + lost(one) + Held.gone);
    try { System.out.println(found); } catch (RuntimeException | Other error) { throw error; }
    Runnable r = () -> this.field++; found.forEach(x -> x.go()); found.sort(String::compareTo);
    switch (field) { case RED: break; }
»  }
}
"""
GO = """\
package a

import (
	"fmt"
	yaml "gopkg.in/yaml.v3"
	"example.com/some/tool/v2"
)

type box struct{ size int }

func (b *box) run(items []string, n int) (err error) {
	«for i, one := range items {
		fmt.Println(i, one, b.size, len(items), gone, box{size: n, other: lost(n)})
	}
	if v, ok := yaml.Parse(tool.New()); ok { return v.Err }
	var f func(x int) Missing = nil
	return f(n)
»}
"""
C = """\
#include <stdio.h>
#define LIMIT(x) ((x) + 1)
typedef struct box { int size; } box_t;
static int helper(int a);
int f(box_t *b, char **args)
{
    «for (int i = 0; i < LIMIT(b->size); i++) printf("%d", helper(i), args[i], NULL, EOF);
    struct box c = { .size = gone(i2), };
    size_t n = sizeof(missing_t); uint8_t *p = (uint8_t *) &c;
    goto out;
out:
    return n + *p + strlen(args[0]);
»}
"""
CPP = """\
#include <vector>
namespace n { class A { int held_; template <typename T> void f(T &&t, std::vector<int> v) {
    «for (const auto &one : v) { held_ += one; std::sort(v.begin(), t.lost); gone(one); }
    auto g = [&, k = held_](int x) { return x + k + n::other; };
    auto [first, second] = g(static_cast<int>(1)); Missing<int> m(first);
» } }; }
"""
RUST = """\
use std::collections::{HashMap, hash_map::Entry as E};
const LIMIT: usize = 3;
struct A<'a, T> { held: &'a T }
impl<'a, T: Clone> A<'a, T> {
    fn run(&self, items: Vec<T>, n: usize) -> Option<usize> {
        «let (a, Some(b)) = (n, items.get(LIMIT)) else { return None };
        for (i, one) in items.iter().enumerate() { self.lost(one, i); gone(b, a)?; }
        let mut map: HashMap<usize, Missing> = HashMap::new();
        match map.get(&n) { Some(x) if *x > LIMIT => println!("{}", nowhere), _ => drop(map) }
        let f = |y: usize| Held { n, key: y, other }; 'out: loop { break 'out; }
        Ok::<E, String>(f(a).field.max(Self::held))
»    }
}
"""


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("python", PYTHON, ["gone", "self", "missing", "nowhere"]),
        ("typescript", TYPED, ["missing", "Gone", "lost"]),
        ("java", JAVA, ["Gone", "lost", "Held", "Other"]),
        ("go", GO, ["gone", "lost", "Missing"]),
        ("c", C, ["gone", "i2", "missing_t"]),
        ("cpp", CPP, ["gone", "Missing"]),
        ("rust", RUST, ["gone", "Missing", "nowhere", "Held", "other"]),
    ],
)
def test_a_name_is_looked_up_where_scope_resolves_it(
    language: str, text: str, wanted: list[str]
) -> None:
    assert unknown(language, text) == wanted
    assert unknown(language, text, frozenset(wanted)) == []


def test_scripts_in_markup_are_read_and_templates_are_not() -> None:
    vue = "<template><a :b='«c»'/></template>\n<script>\nlet c;\n</script>\n"
    assert unknown("vue", vue) == []
    script = "<p/>\n<script setup>\nlet a;\n«const b = a + gone + defineProps({})»\n</script>\n"
    assert unknown("vue", script) == ["gone"]
    svelte = "<script>\nlet a = $state(1);\n«$: b = a + $a + $gone + $$props.x;»\n</script>\n{b}\n"
    assert unknown("svelte", svelte) == ["gone"]


def test_a_star_import_excuses_everything() -> None:
    assert unknown("python", "from a import *\n«b()»\n") == []
    assert unknown("java", "import a.b.*;\nclass C { «B b = new B();» }\n") == []
    assert unknown("go", 'package a\nimport . "b"\nfunc f() { «g()» }\n') == []


def test_what_is_used_elsewhere_in_the_file_counts_as_known() -> None:
    assert unknown("c", "void f() { LOG(a_b); }\nvoid g() { «LOG(a_b, c_d)»; }\n") == ["c_d"]


def test_a_name_that_the_target_only_begins_counts_whole() -> None:
    assert unknown("python", "apple = 1\nx = app«le + ban»ana\n") == ["banana"]


def test_a_language_without_a_table_and_a_text_too_long_are_told() -> None:
    finder = NameFinder(FaultFinder())
    assert finder.names(Case("cobol", "a", "", "b", "")).unread is Cause.LANGUAGE_UNKNOWN
    long = Case("python", "a", "a\n" * CHARS_MAX, "b", "")
    assert finder.names(long).unread is Cause.TOO_LARGE
    assert finder.definitions("cobol", "a") == frozenset()
    assert finder.definitions("python", "a = 1\n" * CHARS_MAX) == frozenset()


def test_definitions_are_what_others_may_use() -> None:
    finder = NameFinder(FaultFinder())
    assert finder.definitions("python", PYTHON) >= {"Held", "f"}
    assert finder.definitions("typescript", TYPED) >= {"Kind", "Box"}
    assert finder.definitions("java", JAVA) >= {"A", "field", "twice", "f"}
    assert finder.definitions("go", GO) >= {"box"}
    assert finder.definitions("c", C) >= {"LIMIT", "box_t", "box", "helper", "f"}
    assert finder.definitions("rust", RUST) >= {"LIMIT", "A", "run"}
    inner = finder.definitions("python", PYTHON) | finder.definitions("typescript", TYPED)
    assert not inner & {"total", "at", "renamed"}


def test_a_whole_file_shows_what_a_window_does_not() -> None:
    finder = NameFinder(FaultFinder())
    assert finder.seen("java", JAVA) >= {"List", "A", "field", "System"}
    assert finder.seen("go", GO) >= {"fmt", "yaml", "tool", "box"}
    assert finder.seen("cobol", "a") == finder.seen("c", "a;\n" * CHARS_MAX * 4) == frozenset()


def test_every_language_with_a_table_has_its_builtins() -> None:
    assert KINDS.keys() == BUILTINS.keys()
    assert all(builtins(language) for language in KINDS)
    assert builtins("cobol") == frozenset()


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "(" * 2_000, "a\r\nb = (\r\n"])
def test_nothing_is_raised(text: str) -> None:
    finder = NameFinder(FaultFinder())
    for language in (*KINDS, "html", "vue", "svelte"):
        finder.names(Case(language, "a", text, "x", text))
        finder.definitions(language, text)


VUE = """\
<template><Card :size="total" @click="go" /></template>
<script lang="ts">
export interface Props { size: number }
export const limit = 3;
</script>
<script setup lang="ts">
import Card from "./Card.vue";
const props = defineProps<Props>();
«const total = Math.min(limit, props.size, gone);
»</script>
<style>.a { color: red }</style>
"""
SVELTE = """\
<script module>
export function shared(one) { const inner = one; return inner; }
</script>
<script>
let count = 0;
«$: twice = shared(count) + gone;
»</script>
<button on:click={() => count++}>{twice}</button>
"""


@pytest.mark.parametrize(("language", "text"), [("vue", VUE), ("svelte", SVELTE)])
def test_scripts_of_one_document_know_each_other(language: str, text: str) -> None:
    # `defineProps` is the compiler's, and of no import.
    assert unknown(language, text, frozenset({"defineProps"})) == ["gone"]


def test_what_documents_with_scripts_make_is_read_from_all_of_them() -> None:
    finder = NameFinder(FaultFinder())
    assert {"Props", "limit", "props"} <= finder.definitions("vue", VUE)
    assert finder.definitions("svelte", SVELTE) >= {"shared", "count"}
    assert "inner" not in finder.definitions("svelte", SVELTE)
    assert {"Card", "Props", "Math"} <= finder.seen("vue", VUE)
    assert finder.seen("vue", "<template><a/></template>") == frozenset()
    assert finder.definitions("vue", "<script>let a;</script>" * 99) == {"a"}


def test_templates_are_recorded_as_not_checked() -> None:
    for language, text in (("vue", VUE), ("svelte", SVELTE)):
        at = text.index("click")
        case = Case(language, "a", text[:at], "click", text[at + 5 :])
        verdict = judge(case, NameFinder(FaultFinder()).names(case), frozenset())
        assert (verdict.finding, verdict.cause) == (Finding.UNCHECKED, Cause.LANGUAGE_UNKNOWN)
