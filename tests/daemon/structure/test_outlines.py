"""Outlines: imports and heads of definitions above a place, as a person would copy them out."""

from __future__ import annotations

import pytest

from echo_core import limits
from echo_core.text.document import split_lines
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_testing.wound_clock import WoundClock

HERE = "¦"
PYTHON = '''"""A module."""

from os import path
import sys


@cached
class Shape(Base):
    """A shape."""

    sides = 3

    async def area(
        self, radius: float
    ) -> float:
        import math
        def inner(): ...
        return math.pi


def main() -> None:
    print(Shape)

¦
def later(): ...
'''
TYPESCRIPT = """import { a } from "x";

export interface Named {
  name: string;
  call(): void;
}

export abstract class Box<T> extends Named {
  private size = 1;
  constructor(private readonly size: number) { super(); }
  async open(key: string): Promise<void> {
    return;
  }
}

export type Either = Named | Box<string>;
function free(a: number) {
}
¦
"""
RUST = """use std::io;

#[derive(Debug)]
pub struct Point { x: u8 }

impl Point {
    pub fn new(x: u8) -> Self {
        Self { x }
    }
}

mod tests {
    fn works() {}
}
¦
"""


def outline(language: str, drawing: str) -> list[str]:
    at = drawing.index(HERE)
    text = drawing.replace(HERE, "")
    return split_lines(TreeSitterStructure(WoundClock()).outline(language, text, at))


@pytest.mark.parametrize(
    ("language", "drawing", "expected"),
    [
        ("python", PYTHON, [
            "from os import path",
            "import sys",
            "class Shape(Base):",
            "    async def area(",
            "        self, radius: float",
            "    ) -> float:",
            "def main() -> None:",
        ]),
        ("typescript", TYPESCRIPT, [
            'import { a } from "x";',
            "export interface Named",
            "  call(): void",
            "export abstract class Box<T> extends Named",
            "  constructor(private readonly size: number)",
            "  async open(key: string): Promise<void>",
            "export type Either = Named | Box<string>;",
            "function free(a: number)",
        ]),
        ("rust", RUST, [
            "use std::io;",
            "pub struct Point",
            "impl Point",
            "    pub fn new(x: u8) -> Self",
            "mod tests",
            "    fn works()",
        ]),
        ("go", 'package main\nimport "fmt"\nfunc (a *A) Go() error {\n\treturn nil\n}\n¦', [
            "package main", 'import "fmt"', "func (a *A) Go() error",
        ]),
        ("c", "#include <x.h>\nint foo(int a)\n{\n    return 1;\n}\n¦", [
            "#include <x.h>", "int foo(int a)",
        ]),
        ("java", "import b.C;\npublic class A {\n  public int f(int a) {\n    return 1;\n  }¦}\n", [
            "import b.C;", "public class A", "  public int f(int a)",
        ]),
        ("vue", "<script>\nimport a from 'b'\nfunction f() {\n}\n¦\n</script>\n", [
            "import a from 'b'", "function f()",
        ]),
        ("python", "import os\nx = (\n¦", ["import os"]),  # broken, as most of the time
        ("python", "interface X { int f(); int g(); }¦", [""]),
        ("typescript", "interface X { f(): void; g(): void }\n¦", ["interface X"]),
        ("brainfuck", "import os\n¦", [""]),
        ("python", "¦import os\n", [""]),
        ("python", "", [""]),
    ],
)  # fmt: skip
def test_an_outline_is_what_a_person_would_copy_out(
    language: str, drawing: str, expected: list[str]
) -> None:
    assert outline(language, drawing or HERE) == expected


def test_an_outline_is_bounded_and_keeps_what_is_near() -> None:
    imports = "".join(f"import module_{number}\n" for number in range(200))
    functions = "".join(f"def function_{number}():\n    pass\n" for number in range(200))
    found = outline("python", f"{imports}{functions}{HERE}")
    assert sum(len(line) + 1 for line in found) <= limits.OUTLINE_CHARS_MAX
    assert found[0] == "import module_0"
    assert found[-1] == "def function_199():"
    only_imports = outline("python", f"{imports}{HERE}")
    assert len(only_imports) > len([line for line in found if line.startswith("import")])


def test_a_text_without_end_has_no_outline() -> None:
    structure = TreeSitterStructure(WoundClock())
    assert structure.outline("python", "import os\n" * 100_000, 1000) == ""
    assert structure.outline("python", "import os\n", 1 << 30) == "import os"
