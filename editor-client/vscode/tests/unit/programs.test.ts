import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import type { CancellationToken } from "vscode";

import { Coalesced } from "../../src/coalesced";
import { ProgramError, run } from "../../src/echoctl";
import { bundledWheel, findPython, install } from "../../src/install";

test("restarts that are asked for together are two at most", async () => {
  let runs = 0;
  let release = (): void => undefined;
  const coalesced = new Coalesced(async () => {
    runs += 1;
    await new Promise<void>((resolve) => (release = resolve));
  });
  const all = [coalesced.run(), coalesced.run(), coalesced.run(), coalesced.run()];
  release();
  await all[0];
  await new Promise(setImmediate);
  release();
  await Promise.all(all);
  assert.equal(runs, 2);
});

test("a failed run is told to who asked for it, and the next one runs", async () => {
  let runs = 0;
  const coalesced = new Coalesced(() => {
    runs += 1;
    return runs === 1 ? Promise.reject(new Error("no")) : Promise.resolve();
  });
  const first = coalesced.run();
  const second = coalesced.run();
  await assert.rejects(first, /no/);
  await second;
  assert.equal(runs, 2);
});

test("a program's output comes back, its lines as they come, its error as a sentence", async () => {
  const said: string[] = [];
  const words = ["-c", "import sys; print('out'); sys.stderr.write('one\\rtwo (40%)\\nthree\\n')"];
  assert.equal(await run("python3", words, { said: (line) => said.push(line) }), "out\n");
  assert.deepEqual(said, ["one", "two (40%)", "three"]);
  const wrote: string[] = [];
  await run("python3", ["-c", "print('one'); print('two')"], { wrote: (line) => wrote.push(line) });
  assert.deepEqual(wrote, ["one", "two"]);
  const failing = ["-c", "import sys; sys.exit('Error: there is no such model: choose another')"];
  await assert.rejects(run("python3", failing), {
    name: "Error",
    message: "there is no such model: choose another",
    said: "Error: there is no such model: choose another\n",
  });
  await assert.rejects(run("/no/such/program", []), ProgramError);
});

test("a Python that is too old, or none, is not taken", async () => {
  assert.equal(await findPython("/no/python"), undefined);
  assert.notEqual(await findPython(""), undefined);
});

test("what is cancelled is gone with all that it had started", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "echo-cancel-"));
  const started = path.join(folder, "pid");
  // The inner one does not listen to Ctrl-C, as some compilers do not.
  const inner = `import os, signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); open('${started}.tmp', 'w').write(str(os.getpid())); os.rename('${started}.tmp', '${started}'); time.sleep(600)`;
  const outer = `import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])`;
  let cancel = (): void => undefined;
  const token = {
    isCancellationRequested: false,
    onCancellationRequested: (listener: () => void) => {
      cancel = listener;
      return { dispose: () => undefined };
    },
  } as unknown as CancellationToken;
  try {
    const running = run("python3", ["-c", outer, inner], { token });
    running.catch(() => undefined);
    while (!fs.existsSync(started)) await sleep(20);
    cancel();
    await assert.rejects(running, ProgramError);
    const pid = Number(fs.readFileSync(started, "utf-8"));
    const state = fs.existsSync(`/proc/${pid}/stat`) ? fs.readFileSync(`/proc/${pid}/stat`, "utf-8") : "gone";
    assert.match(state, /gone|\) Z /); // nobody may have buried it yet
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test("an installation that fails leaves the one before as it was", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "echo-install-"));
  const server = path.join(folder, "server");
  fs.mkdirSync(server);
  fs.writeFileSync(path.join(server, "mark"), "before");
  try {
    assert.equal(bundledWheel(folder), undefined);
    await assert.rejects(install("python3", path.join(folder, "none.whl"), server, {}), ProgramError);
    assert.equal(fs.readFileSync(path.join(server, "mark"), "utf-8"), "before");
    assert.deepEqual(fs.readdirSync(folder), ["server"]);
    // Killed in the middle: what waits beside is the good one, and its lock counts for nothing.
    fs.renameSync(server, `${server}.before`);
    fs.mkdirSync(server);
    fs.writeFileSync(`${server}.lock`, "0");
    await assert.rejects(install("python3", path.join(folder, "none.whl"), server, {}), ProgramError);
    assert.equal(fs.readFileSync(path.join(server, "mark"), "utf-8"), "before");
    assert.deepEqual(fs.readdirSync(folder), ["server"]);
    fs.writeFileSync(`${server}.lock`, String(process.pid));
    await assert.rejects(install("python3", path.join(folder, "none.whl"), server, {}), /another window/);
    assert.deepEqual(fs.readdirSync(folder).sort(), ["server", "server.lock"]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
