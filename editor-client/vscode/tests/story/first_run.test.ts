// The first run on a machine without a server: what is said, and that nothing happens by itself.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { after, before, describe, test } from "node:test";

import { House, noEditor } from "./house";
import type { Window } from "./window";

let house: House;
let window: Window;

describe("a first run", { skip: noEditor === "" ? false : noEditor }, () => {
  before(async () => {
    house = await House.open({ files: { "a.py": "" }, server: false });
    window = await house.window("not installed");
  });

  after(async () => {
    await house.photograph("first-run");
    await house.close();
  });

  test("the walkthrough opens and tells of the choice before anything is chosen", async () => {
    const steps = window.page.locator(".getting-started-step .step-title");
    await steps.first().waitFor();
    assert.deepEqual(await steps.allInnerTexts(), [
      "Install Echo's server",
      "Choose a model",
      "Take a completion",
      "Decide what is recorded",
    ]);
  });

  test("what would be fetched is said before, and refusing it leaves nothing", async () => {
    await window.command("Echo: Install the Server…");
    const said = await window.answer("Cancel");
    assert.match(said, /about \d+ MB of packages/);
    assert.match(said, /nothing of yours is sent/);
    assert.ok(!fs.existsSync(`${house.home}/server`));
  });
});
