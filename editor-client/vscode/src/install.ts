// The server in a virtual environment of its own: says what it will do, does it, says what went wrong.
//
// Left out: VS Code's part of it (`commands/server`), which server is started (`resolve`).
//
// Rules
//  - Nothing is fetched before a person said so, with the sizes before them.
//  - The one before waits beside it and comes back where this one fails or is interrupted.
import * as fs from "node:fs";
import * as path from "node:path";

import { run, type RunOptions } from "./echoctl";

/** Measured where every dependency but llama.cpp has a wheel; docs/editors.md says how. */
export const FETCHED_MB = 125;
export const ON_DISK_MB = 420;

const CANDIDATES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
const ASK = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

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

/** Make the environment in `folder` with `wheel` in it. Raises ProgramError; `folder` is then as before. */
export async function install(python: string, wheel: string, folder: string, options: RunOptions): Promise<void> {
  const before = `${folder}.before`;
  fs.rmSync(before, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(folder), { recursive: true, mode: 0o700 });
  // A virtual environment knows its own place, so it is made there; the one before waits beside it.
  if (fs.existsSync(folder)) fs.renameSync(folder, before);
  try {
    await run(python, ["-m", "venv", folder], options);
    const pip = [path.join(folder, "bin", "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"];
    await run(pip[0] ?? "", [...pip.slice(1), "install", "--progress-bar", "off", wheel], {
      ...options,
      environment: { PIP_LOG: "", ...options.environment },
    });
    fs.rmSync(before, { recursive: true, force: true });
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    if (fs.existsSync(before)) fs.renameSync(before, folder);
    throw error;
  }
}
