// Once with the real weights: ghost text that a model wrote, taken with Tab and found in the store.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, describe, test } from "node:test";

import { House, noEditor } from "./house";
import type { Window } from "./window";

const SHELF = process.env["ECHO_MODELS"] ?? "";
const WEIGHTS = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf";
const missing = fs.existsSync(path.join(SHELF, WEIGHTS)) ? "" : `${WEIGHTS} is not in the folder that ECHO_MODELS names`;
const skip = noEditor === "" ? missing : noEditor;

let house: House;
let window: Window;

describe("the real 0.5B", { skip: skip === "" ? false : skip }, () => {
  before(async () => {
    const file = "def add(left, right):\n    return left + right\n\n\ndef subtract(left, right):\n    ";
    house = await House.open({ files: { "a.py": file }, shelf: SHELF });
    await house.echoctl("consent", "record", "on");
    window = await house.window();
  });

  after(async () => {
    await house.photograph("real");
    await house.close();
  });

  test("completes, is taken, and is recorded", async (context) => {
    await window.open("a.py");
    await window.press("Control+End");
    await window.type("return");
    await window.until("ghost text", async () => (await window.ghostText()).includes("left"));
    const proposed = await window.ghostText();
    await window.press("Tab");
    await window.lineIs(`    return${proposed}`);
    await window.until("its acceptance in the store", async () => (await house.outcomes()).includes("accepted"), 500);
    for (const { kind, rss } of await house.processes()) {
      context.diagnostic(`${kind}: ${Math.round(rss / 1e6)} MB resident`);
    }
    assert.ok((await house.events()).some((event) => event.kind === "proposal" && event["model"] === "qwen2.5-coder-0.5b"));
  });
});
