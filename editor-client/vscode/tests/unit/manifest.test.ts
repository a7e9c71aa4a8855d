// package.json says what the code does, and what is generated is up to date.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

const FOLDER = path.resolve(__dirname, "../../..");
const read = (name: string): string => fs.readFileSync(path.join(FOLDER, name), "utf-8");

interface Manifest {
  contributes: { commands: { command: string }[]; configuration: { properties: Record<string, unknown> }[] };
  enabledApiProposals?: string[];
  version: string;
}
const manifest = JSON.parse(read("package.json")) as Manifest;

test("what is made from the server's settings and from the sentences is up to date", () => {
  execFileSync(process.execPath, [path.join(FOLDER, "scripts/manifest.mjs"), "--check"]);
});

test("every command is registered, and every registered one can be found", () => {
  const registered = [...read("src/main.ts").matchAll(/^ {2}"(echo\.\w+)": /gm)].map(([, name]) => name);
  const announced = manifest.contributes.commands.map((each) => each.command);
  assert.deepEqual([...announced].sort(), [...registered].sort());
});

test("every %word% of the manifest has its words, and no word is left over", () => {
  const words = Object.keys(JSON.parse(read("package.nls.json")) as object);
  const used = new Set([...read("package.json").matchAll(/"%([^%"]+)%"/g)].map(([, name]) => name));
  assert.deepEqual(words.filter((each) => !used.has(each)), []);
  assert.deepEqual([...used].filter((each) => !words.includes(each ?? "")), []);
});

test("lsp_ext.ts mirrors the server's file, whose hash it holds", () => {
  const theirs = fs.readFileSync(path.resolve(FOLDER, "../../echo_lsp/protocol_ext.py"));
  const hash = createHash("sha256").update(theirs).digest("hex");
  assert.ok(read("src/lsp_ext.ts").includes(hash), "read protocol_ext.py again, then put its hash in");
});

test("no proposed interface is used, and what is sent is declared", () => {
  assert.equal(manifest.enabledApiProposals, undefined);
  assert.deepEqual((JSON.parse(read("telemetry.json")) as { events: object }).events, {});
});

test("the extension and the server have one version", () => {
  const project = fs.readFileSync(path.resolve(FOLDER, "../../pyproject.toml"), "utf-8");
  assert.ok(project.includes(`\nversion = "${manifest.version}"\n`));
});
