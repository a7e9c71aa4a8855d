// Runs when VS Code has removed the extension (`vscode:uninstall`): takes away what the extension
// put on this machine, stops what runs from there, and says what is left.
//
// Left out: what a person recorded, chose and fetched. That is theirs; `echoctl data erase --all`
// and `echoctl models remove` take it away, as long as they are here.
//
// Rules
//  - VS Code kills this program after 5 seconds, and takes the folder that it lies in away. So the
//    work is done by a second process that has this program's text and needs no file of it.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { besides } from "./install";
import { privateFolder } from "./resolve";

const BEHIND = "echo-removes-its-server"; // the second process's one argument
const ASKS_WITHIN_MS = 3_000;
const STOPS_WITHIN_MS = 60_000; // a daemon that is busy writes down what it holds first

const folder = privateFolder(process.env, os.homedir(), process.platform);
const echoctl = path.join(folder, "bin", "echoctl");

function begin(): void {
  if (!fs.existsSync(folder)) {
    process.stdout.write("Echo's extension had installed no server; `echoctl paths` names what Echo keeps.\n");
    return;
  }
  const places = spawnSync(echoctl, ["paths"], { encoding: "utf-8", timeout: ASKS_WITHIN_MS }).stdout;
  process.stdout.write(`Echo's server goes from ${folder}. What is left is yours:\n${places}`);
  const text = fs.readFileSync(__filename, "utf-8");
  spawn(process.execPath, ["-e", text, BEHIND], { detached: true, stdio: "ignore" }).unref();
}

function remove(): void {
  spawnSync(echoctl, ["stop"], { timeout: STOPS_WITHIN_MS });
  for (const each of [folder, ...Object.values(besides(folder))]) fs.rmSync(each, { recursive: true, force: true });
}

if (process.argv.includes(BEHIND)) remove();
else begin();
