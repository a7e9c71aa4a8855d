// Runs when VS Code has removed the extension (`vscode:uninstall`): takes away what the extension
// put on this machine, stops what runs from there, and says what is left.
//
// Left out: what a person recorded, chose and fetched. That is theirs; `echoctl data erase --all`
// and `echoctl models remove` take it away, as long as they are here.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { privateFolder } from "./resolve";

const folder = privateFolder(process.env, os.homedir(), process.platform);
if (fs.existsSync(folder)) {
  const echoctl = path.join(folder, "bin", "echoctl");
  const places = spawnSync(echoctl, ["paths"], { encoding: "utf-8" }).stdout;
  spawnSync(echoctl, ["stop"]);
  fs.rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`Echo's server is gone from ${folder}. What is left is yours:\n${places}`);
} else {
  process.stdout.write("Echo's extension had installed no server; `echoctl paths` names what Echo keeps.\n");
}
