import assert from "node:assert/strict";
import { test } from "node:test";

import { Bookkeeping, SHOWN_AFTER_MS, type Proposal } from "../../src/bookkeeping";
import { Tally } from "../../src/tally";

const DOC = "file:///a.py";
const PROPOSAL: Proposal = { id: "p1", text: "return total" };

function opened(): Bookkeeping {
  const books = new Bookkeeping();
  books.focused(DOC);
  return books;
}

function offered(): Bookkeeping {
  const books = opened();
  books.answered(DOC, 10, PROPOSAL, 0);
  return books;
}

const typed = (offset: number, text: string) => [{ offset, length: 0, text }];

test("shown is what stood for long enough, once", () => {
  const books = offered();
  assert.deepEqual(books.due(SHOWN_AFTER_MS - 1), []);
  assert.ok(books.waiting);
  assert.deepEqual(books.due(SHOWN_AFTER_MS), [PROPOSAL]);
  assert.deepEqual(books.due(2 * SHOWN_AFTER_MS), []);
  books.answered(DOC, 10, PROPOSAL, 1_000);
  assert.deepEqual(books.due(2_000), []);
});

test("typing what stands there goes on with it, and its time goes on", () => {
  const books = offered();
  books.changed(DOC, typed(10, "re"));
  books.answered(DOC, 12, { id: "p1", text: "turn total" }, 200);
  assert.deepEqual(books.due(SHOWN_AFTER_MS).map((each) => each.id), ["p1"]);
});

for (const [name, deed] of Object.entries<(books: Bookkeeping) => void>({
  "another key": (books) => { books.changed(DOC, typed(10, "x")); },
  "the same key elsewhere": (books) => { books.changed(DOC, typed(3, "r")); },
  "a deletion": (books) => { books.changed(DOC, [{ offset: 9, length: 1, text: "" }]); },
  "two places at once": (books) => { books.changed(DOC, [...typed(10, "r"), ...typed(2, "r")]); },
  "typing it to its end": (books) => { books.changed(DOC, typed(10, PROPOSAL.text)); },
  "the cursor elsewhere": (books) => { books.moved(DOC, 3); },
  "another document": (books) => { books.focused("file:///b.py"); },
  "no document": (books) => { books.focused(undefined); },
  "closing": (books) => { books.closed(DOC); },
  "an answer without anything": (books) => { books.answered(DOC, 10, undefined, 1); },
  "another answer": (books) => { books.answered(DOC, 10, { id: "p2", text: "x" }, SHOWN_AFTER_MS); },
})) {
  test(`${name} contradicts it`, () => {
    const books = offered();
    deed(books);
    assert.deepEqual(books.due(SHOWN_AFTER_MS), []);
  });
}

test("the cursor where the rest begins contradicts nothing", () => {
  const books = offered();
  books.moved(DOC, 10);
  books.changed(DOC, []);
  assert.equal(books.due(SHOWN_AFTER_MS).length, 1);
});

test("a document behind is not shown, nor what a menu hides", () => {
  const books = opened();
  books.answered("file:///b.py", 0, PROPOSAL, 0);
  assert.ok(!books.waiting);
  books.answered(DOC, 10, PROPOSAL, 0, "raise");
  assert.ok(!books.waiting);
  books.answered(DOC, 10, PROPOSAL, 0, "return");
  assert.ok(books.waiting);
});

test("what is remembered is bounded, the newest stays", () => {
  const books = opened();
  for (let at = 0; at < 1_000; at++) {
    books.answered(DOC, 0, { id: `p${at}`, text: "abc" }, at * SHOWN_AFTER_MS);
    assert.equal(books.due((at + 1) * SHOWN_AFTER_MS).length, 1);
  }
  assert.equal(books.length("p999"), 3);
  assert.equal(books.length("p0"), 0);
});

test("a day's figures count each proposal once, and begin anew at midnight", () => {
  const tally = new Tally();
  tally.shown("Mon", "p1");
  tally.shown("Mon", "p1");
  tally.accepted("Mon", "p1", 4);
  tally.accepted("Mon", "p2", 6); // taken faster than it counts as seen
  assert.deepEqual(tally.of("Mon"), { shown: 2, accepted: 2, chars: 10 });
  assert.deepEqual(tally.of("Tue"), { shown: 0, accepted: 0, chars: 0 });
});
