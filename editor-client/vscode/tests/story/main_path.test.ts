// The shortest way through everything: type, see ghost text, take it with Tab, find it in the store.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { House } from "./house";
import type { Window } from "./window";

const BOOK = "def add(left, right):\n    return left + right\n";

let house: House;
let window: Window;

before(async () => {
  house = await House.open({ files: { "a.py": "def add(left, right):\n    " }, book: BOOK });
  await house.echoctl("consent", "record", "on");
  window = await house.window();
});

after(async () => {
  await house.photograph("main-path");
  await house.close();
});

test("Tab takes what is shown, and the store knows", async () => {
  await window.open("a.py");
  await window.press("Control+End");
  await window.type("retu");
  await window.ghostIs("rn left + right");
  await window.press("Tab");
  await window.lineIs("    return left + right");
  const outcomes = (await house.events()).filter((event) => event.kind === "outcome");
  assert.deepEqual(outcomes.map((event) => event["outcome"]), ["shown", "accepted"]);
});
