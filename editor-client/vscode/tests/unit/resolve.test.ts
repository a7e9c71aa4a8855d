import assert from "node:assert/strict";
import { test } from "node:test";

import { privateFolder, resolveServer, type Surroundings } from "../../src/resolve";

const AROUND: Surroundings = {
  setting: "",
  trusted: true,
  searchPath: "bin:/usr/bin:/opt/bin",
  privateFolder: "/home/ann/server",
  home: "/home/ann",
  isProgram: () => true,
};
const only = (...files: string[]) => (file: string) => files.includes(file);

test("a setting comes first, and a wrong one is told rather than replaced", () => {
  assert.deepEqual(resolveServer({ ...AROUND, setting: "~/e/echo-lsp" }), {
    kind: "found",
    command: "/home/ann/e/echo-lsp",
    source: "setting",
  });
  for (const around of [
    { ...AROUND, setting: "echo-lsp" },
    { ...AROUND, setting: "/x/echo-lsp", isProgram: only("/usr/bin/echo-lsp") },
  ]) {
    assert.deepEqual(resolveServer(around), { kind: "wrong-setting", command: around.setting });
  }
});

test("PATH is searched in its order, relative folders left out", () => {
  assert.deepEqual(resolveServer(AROUND), { kind: "found", command: "/usr/bin/echo-lsp", source: "path" });
  const there = { ...AROUND, isProgram: only("/opt/bin/echo-lsp") };
  assert.deepEqual(resolveServer(there), { kind: "found", command: "/opt/bin/echo-lsp", source: "path" });
});

test("where nothing is trusted PATH is not looked at", () => {
  const own = "/home/ann/server/bin/echo-lsp";
  assert.deepEqual(resolveServer({ ...AROUND, trusted: false }), { kind: "found", command: own, source: "private" });
  const missing = { ...AROUND, trusted: false, isProgram: only("/usr/bin/echo-lsp") };
  assert.deepEqual(resolveServer(missing), { kind: "missing" });
});

test("the private environment lies beside what else Echo keeps", () => {
  assert.equal(privateFolder({ ECHO_HOME: "/p" }, "/h", "linux"), "/p/server");
  assert.equal(privateFolder({ XDG_DATA_HOME: "/x" }, "/h", "linux"), "/x/echo-completion/server");
  assert.equal(privateFolder({}, "/h", "linux"), "/h/.local/share/echo-completion/server");
  assert.equal(privateFolder({}, "/h", "darwin"), "/h/Library/Application Support/echo-completion/server");
});
