import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

const HOOK = path.resolve(__dirname, "../../uninstall.js");

/** What VS Code does: it runs the hook, and takes the extension's folder away when that ends. */
function runHook(home: string): string {
  const extension = fs.mkdtempSync(path.join(os.tmpdir(), "echo-extension-"));
  const hook = path.join(extension, "uninstall.js");
  fs.copyFileSync(HOOK, hook);
  try {
    return execFileSync(process.execPath, [hook], { env: { ...process.env, ECHO_HOME: home }, encoding: "utf-8" });
  } finally {
    fs.rmSync(extension, { recursive: true });
  }
}

test("uninstalling removes the server and says what is left", async () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "echo-uninstall-"));
  const bin = path.join(home, "server", "bin");
  fs.mkdirSync(bin, { recursive: true });
  const asked = path.join(home, "asked");
  fs.writeFileSync(path.join(bin, "echoctl"), `#!/bin/sh\necho "$1" >> '${asked}'\necho "data\t/d"\n`, { mode: 0o700 });
  fs.mkdirSync(path.join(home, "data"));
  try {
    fs.mkdirSync(path.join(home, "server.before")); // of an installation that was killed
    assert.match(runHook(home), /What is left is yours:\ndata\t\/d/);
    while (fs.readdirSync(home).some((name) => name.startsWith("server"))) await sleep(20);
    assert.equal(fs.readFileSync(asked, "utf-8"), "paths\nstop\n");
    assert.deepEqual(fs.readdirSync(home).sort(), ["asked", "data"]);
    assert.match(runHook(home), /had installed no server/);
  } finally {
    fs.rmSync(home, { recursive: true });
  }
});
