// Runs `echoctl`, the program for people that lies beside the server; what it says is shown as it is.
//
// Rules
//  - An error is echoctl's own sentence, which names the remedy.
//  - Nothing of ours is put into a shell: a program and its arguments.
//  - What is cancelled is gone with all that it had started when `run` comes back.
import { spawn } from "node:child_process";
import * as path from "node:path";

import type { CancellationToken } from "vscode";

/** What echoctl, or the program that was asked for, said when it failed. */
export class ProgramError extends Error {
  /** The end of all that it wrote to standard error. */
  said = "";

  static of(sentence: string, said: string): ProgramError {
    const error = new ProgramError(sentence);
    error.said = said;
    return error;
  }
}

export interface RunOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly said?: (line: string) => void; // each line on standard error, as it comes
  readonly wrote?: (line: string) => void; // each line on standard output, as it comes
  readonly token?: CancellationToken | undefined;
}

const running = new Set<number>(); // groups; a window that is closed ends what it was waiting for
process.once("exit", () => {
  for (const group of running) signal(group, "SIGINT");
});

const STOPS_WITHIN_MS = 10_000; // after Ctrl-C; pip and a build clean up behind themselves

/** Run a program to its end; what it wrote to standard output. Raises ProgramError. */
export function run(program: string, words: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    if (options.token?.isCancellationRequested === true) {
      reject(new ProgramError("cancelled"));
      return;
    }
    const child = spawn(program, words, {
      env: { ...process.env, NO_COLOR: "1", COLUMNS: "100", ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a group of its own: a compiler that pip started hears of a cancellation, too
    });
    let killing: NodeJS.Timeout | undefined;
    const cancelling = options.token?.onCancellationRequested(() => {
      signal(child.pid, "SIGINT");
      killing = setTimeout(() => {
        signal(child.pid, "SIGKILL");
      }, STOPS_WITHIN_MS);
    });
    if (child.pid !== undefined) running.add(child.pid);
    const over = (): void => {
      if (child.pid !== undefined) running.delete(child.pid);
      cancelling?.dispose();
      clearTimeout(killing);
    };
    let out = "";
    let errors = "";
    const wrote = lines(options.wrote);
    const said = lines(options.said);
    child.stdout.setEncoding("utf-8").on("data", (chunk: string) => {
      out += chunk;
      wrote(chunk);
    });
    child.stderr.setEncoding("utf-8").on("data", (chunk: string) => {
      errors = (errors + chunk).slice(-ERROR_CHARS_MAX);
      said(chunk);
    });
    child.once("error", (error) => {
      over();
      reject(new ProgramError(error.message));
    });
    child.once("close", (code) => {
      over();
      if (code === 0) resolve(out);
      else reject(ProgramError.of(lastWords(errors) || `${path.basename(program)}: ${String(code)}`, errors));
    });
  });
}

const ERROR_CHARS_MAX = 8_000; // of what a failing program said last

/** Hands on whole lines of what comes in pieces. */
function lines(each: ((line: string) => void) | undefined): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const found = (rest + chunk).split(/\r|\n/);
    rest = found.pop() ?? "";
    for (const line of found) if (line.trim() !== "") each?.(line.trim());
  };
}

/** To a whole group; one that is gone hears nothing. */
function signal(group: number | undefined, name: NodeJS.Signals): void {
  try {
    if (group !== undefined) process.kill(-group, name);
  } catch {
    return;
  }
}

function lastWords(errors: string): string {
  const all = errors.split("\n").filter((line) => line.trim() !== "");
  return (all.at(-1) ?? "").replace(/^(Error|ERROR): /, "").trim();
}

/** Where echoctl lies, beside this server. */
export function beside(server: string): string {
  return path.join(path.dirname(server), "echoctl");
}
