// The server in a virtual environment of its own: says what it will do, does it, says what went wrong.
//
// Left out: VS Code's part of it (`commands/server`), which server is started (`resolve`), what
// pip's words mean (`pip`).
//
// Rules
//  - Nothing is fetched before a person said so, with the sizes before them.
//  - The one before waits beside it and comes back where this one fails, is cancelled or is killed.
//  - One window installs at a time. What a failed or cancelled run made is gone, temporary files
//    included, and pip keeps no copy of what it fetched: uninstalling would not find it.
import * as fs from "node:fs";
import * as path from "node:path";

import { ProgramError, run, type RunOptions } from "./echoctl";

/**
 * Measured with Python 3.11 on Linux, every package at its newest: where llama.cpp has a ready
 * package, and where its source is fetched and built. A story compares them with what it sees.
 */
export const FETCHED_READY_MB = 75;
export const FETCHED_MB = 125;
export const ON_DISK_MB = 300;

const CANDIDATES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
const ASK = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
const RETRIES = 2; // pip names the network only when it tries again; five take half a minute

/** A Python that can make the environment; undefined where none is found. */
export async function findPython(setting: string): Promise<string | undefined> {
  for (const candidate of setting === "" ? CANDIDATES : [setting]) {
    try {
      await run(candidate, ["-c", ASK]);
      return candidate;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The wheel that came with the extension. */
export function bundledWheel(extensionFolder: string): string | undefined {
  const folder = path.join(extensionFolder, "server");
  const name = fs.existsSync(folder) ? fs.readdirSync(folder).find((each) => each.endsWith(".whl")) : undefined;
  return name === undefined ? undefined : path.join(folder, name);
}

/** What stands beside the environment while one is made. */
export function besides(folder: string): { before: string; temporary: string; lock: string } {
  return { before: `${folder}.before`, temporary: `${folder}.tmp`, lock: `${folder}.lock` };
}

/**
 * Make the environment in `folder` with `wheel` in it. Raises ProgramError; `folder` is then as
 * before, and so it is when another window installs just now.
 */
export async function install(python: string, wheel: string, folder: string, options: RunOptions): Promise<void> {
  const { before, temporary, lock } = besides(folder);
  fs.mkdirSync(path.dirname(folder), { recursive: true, mode: 0o700 });
  if (!take(lock)) throw new ProgramError("another window is installing Echo's server: wait for it");
  try {
    restore(folder, before); // of a run that was killed
    remake(temporary);
    // A virtual environment knows its own place, so it is made there; the one before waits beside it.
    if (fs.existsSync(folder)) fs.renameSync(folder, before);
    try {
      await make(python, wheel, folder, { ...options, environment: { ...options.environment, TMPDIR: temporary } });
    } catch (error) {
      fs.rmSync(folder, { recursive: true, force: true });
      restore(folder, before);
      throw error;
    }
    fs.rmSync(before, { recursive: true, force: true });
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
    fs.rmSync(lock, { force: true });
  }
}

async function make(python: string, wheel: string, folder: string, options: RunOptions): Promise<void> {
  await run(python, ["-m", "venv", folder], options);
  const pip = ["-m", "pip", "--disable-pip-version-check", "--no-input", "--no-cache-dir", `--retries=${RETRIES}`];
  await run(path.join(folder, "bin", "python"), [...pip, "install", "--progress-bar", "off", wheel], {
    ...options,
    environment: { PIP_LOG: "", LC_ALL: "C", ...options.environment },
  });
}

/** What waits in `before` is the good one: a run that comes to its end takes it away. */
function restore(folder: string, before: string): void {
  if (!fs.existsSync(before)) return;
  fs.rmSync(folder, { recursive: true, force: true });
  fs.renameSync(before, folder);
}

function remake(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { mode: 0o700 });
}

/** A file with the process that installs; one whose process is gone counts for nothing. */
function take(lock: string): boolean {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch {
    if (lives(Number(fs.readFileSync(lock, "utf-8")))) return false;
    fs.writeFileSync(lock, String(process.pid), { mode: 0o600 });
    return true;
  }
}

function lives(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
