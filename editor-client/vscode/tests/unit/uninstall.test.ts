import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";

const HOOK = path.resolve(__dirname, "../../uninstall.js");

test("uninstalling removes the server and says what is left", () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "echo-uninstall-"));
  const bin = path.join(home, "server", "bin");
  fs.mkdirSync(bin, { recursive: true });
  const asked = path.join(home, "asked");
  fs.writeFileSync(path.join(bin, "echoctl"), `#!/bin/sh\necho "$1" >> '${asked}'\necho "data\t/d"\n`, { mode: 0o700 });
  fs.mkdirSync(path.join(home, "data"));
  try {
    const run = () => execFileSync(process.execPath, [HOOK], { env: { ...process.env, ECHO_HOME: home }, encoding: "utf-8" });
    assert.match(run(), /What is left is yours:\ndata\t\/d/);
    assert.equal(fs.readFileSync(asked, "utf-8"), "paths\nstop\n");
    assert.deepEqual(fs.readdirSync(home).sort(), ["asked", "data"]);
    assert.match(run(), /had installed no server/);
  } finally {
    fs.rmSync(home, { recursive: true });
  }
});
