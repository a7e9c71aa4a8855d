// Which `echo-lsp` is started: a value with its reason, made from what is known.
//
// Left out: looking at the disk (handed in), installing one (`install`).
//
// Rules
//  - A setting that names no program is an error with a sentence; nothing else is tried behind it.
//  - In an untrusted workspace PATH is not searched: a folder may have been put on it. The setting
//    is the machine's own in any case (its scope), and the private environment is Echo's.
import * as path from "node:path";

export type Source = "setting" | "path" | "private";

export type Resolution =
  | { readonly kind: "found"; readonly command: string; readonly source: Source }
  | { readonly kind: "wrong-setting"; readonly command: string }
  | { readonly kind: "missing" };

export interface Surroundings {
  readonly setting: string;
  readonly trusted: boolean;
  readonly searchPath: string; // the variable PATH
  readonly privateFolder: string; // of the virtual environment that Echo makes
  readonly home: string;
  readonly isProgram: (file: string) => boolean;
}

export const SERVER = "echo-lsp";

export function resolveServer(around: Surroundings): Resolution {
  if (around.setting !== "") {
    const command = around.setting.replace(/^~(?=[/\\])/, around.home);
    return around.isProgram(command) && path.isAbsolute(command)
      ? { kind: "found", command, source: "setting" }
      : { kind: "wrong-setting", command: around.setting };
  }
  if (around.trusted) {
    for (const folder of around.searchPath.split(path.delimiter)) {
      const command = path.join(folder, SERVER);
      if (path.isAbsolute(folder) && around.isProgram(command)) return { kind: "found", command, source: "path" };
    }
  }
  const command = path.join(around.privateFolder, "bin", SERVER);
  return around.isProgram(command) ? { kind: "found", command, source: "private" } : { kind: "missing" };
}

/** The folder of the private environment: beside what else Echo keeps for this user. */
export function privateFolder(environ: NodeJS.ProcessEnv, home: string, platform: NodeJS.Platform): string {
  const own = environ["ECHO_HOME"];
  if (own) return path.join(own, "server");
  if (platform === "darwin") return path.join(home, "Library", "Application Support", "echo-completion", "server");
  return path.join(environ["XDG_DATA_HOME"] ?? path.join(home, ".local", "share"), "echo-completion", "server");
}
