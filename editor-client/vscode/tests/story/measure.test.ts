// What the extension costs: how long it takes to start, and what its processes hold. Run by
// `make bench-editor`, which names a file for the figures in ECHO_FIGURES; else skipped.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, describe, test } from "node:test";

import { House, needed, noEditor } from "./house";

const FIGURES = process.env["ECHO_FIGURES"] ?? "";
const STARTS = 5;
const skip = noEditor === "" ? (FIGURES === "" ? "make bench-editor runs it" : "") : noEditor;

let house: House;

describe("what it costs", { skip: skip === "" ? false : skip }, () => {
  before(async () => {
    house = await House.open({ files: { "a.py": "" }, book: "size = count * width\n" });
  });

  after(async () => {
    await house.close();
  });

  test("windows start one after the other, and the last two stay", async () => {
    for (let start = 0; start < STARTS; start += 1) {
      const window = await house.window();
      if (start < STARTS - 2) await window.page.context().close();
    }
    const processes = await house.processes();
    const figures = {
      activation_ms: logged("activated in"),
      ready_ms: logged("server ready after"),
      rss: processes.map(({ kind, rss }) => ({ kind, rss })),
      vsix_bytes: fs.statSync(needed("VSIX")).size,
    };
    assert.ok(figures.activation_ms.length >= STARTS);
    fs.writeFileSync(FIGURES, JSON.stringify(figures));
  });
});

/** The milliseconds that the windows' logs name behind these words. */
function logged(words: string): number[] {
  const logs = path.join(house.folder, "data", "logs");
  const files = fs.readdirSync(logs, { recursive: true, encoding: "utf-8" }).filter((name) => name.endsWith("Echo.log"));
  return files.flatMap((name) =>
    [...fs.readFileSync(path.join(logs, name), "utf-8").matchAll(new RegExp(`${words} ([\\d.]+) ms`, "g"))].map((found) => Number(found[1])),
  );
}
