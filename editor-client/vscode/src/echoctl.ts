// Runs `echoctl`, the program for people that lies beside the server; what it says is shown as it is.
//
// Rules
//  - An error is echoctl's own sentence, which names the remedy.
//  - Nothing of ours is put into a shell: a program and its arguments.
import { spawn } from "node:child_process";
import * as path from "node:path";

import type { CancellationToken } from "vscode";

/** What echoctl, or the program that was asked for, said when it failed. */
export class ProgramError extends Error {}

export interface RunOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly said?: (line: string) => void; // each line on standard error, as it comes
  readonly token?: CancellationToken | undefined;
}

/** Run a program to its end; what it wrote to standard output. Raises ProgramError. */
export function run(program: string, words: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: { ...process.env, NO_COLOR: "1", COLUMNS: "100", ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const cancelling = options.token?.onCancellationRequested(() => child.kill("SIGINT"));
    let out = "";
    let errors = "";
    let rest = "";
    child.stdout.setEncoding("utf-8").on("data", (chunk: string) => (out += chunk));
    child.stderr.setEncoding("utf-8").on("data", (chunk: string) => {
      errors = (errors + chunk).slice(-ERROR_CHARS_MAX);
      const lines = (rest + chunk).split(/\r|\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") options.said?.(line.trim());
    });
    child.once("error", (error) => {
      cancelling?.dispose();
      reject(new ProgramError(error.message));
    });
    child.once("close", (code) => {
      cancelling?.dispose();
      if (code === 0) resolve(out);
      else reject(new ProgramError(lastWords(errors) || `${path.basename(program)}: ${String(code)}`));
    });
  });
}

const ERROR_CHARS_MAX = 4_000; // of what a failing program said last

function lastWords(errors: string): string {
  const lines = errors.split("\n").filter((line) => line.trim() !== "");
  return (lines.at(-1) ?? "").replace(/^(Error|ERROR): /, "").trim();
}

/** Where echoctl lies, beside this server. */
export function beside(server: string): string {
  return path.join(path.dirname(server), "echoctl");
}
