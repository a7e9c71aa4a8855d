// The first run on a machine without a server, up to ghost text of the real 0.5B, and its end: what
// is fetched comes from loopback, what is said stands on the screen, what is left lies on the disk.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, describe, test } from "node:test";

import { FETCHED_MB, ON_DISK_MB } from "../../src/install";
import { picture } from "./film";
import { House, needed, noEditor } from "./house";
import { Shop } from "./shop";
import type { Window } from "./window";

const SHELF = process.env["ECHO_MODELS"] ?? "";
const MODEL = path.join(SHELF, "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
const WHEELS = process.env["ECHO_WHEELS"] ?? "";
const missing = fs.existsSync(MODEL) ? (process.env["ECHO_NO_WHEELS"] ?? "") : `${MODEL} is not there`;
const skip = noEditor === "" ? missing : noEditor;
const DONE_WITHIN_MS = 900_000; // 70 packages and a model of 491 MB, on a machine that does much else
const OTHERS = 1.15; // newer packages are a little bigger

let shop: Shop;
let house: House;
let window: Window;
let homeBefore: string[]; // what a home folder holds besides Echo and VS Code

describe("a first run", { skip: skip === "" ? false : skip }, () => {
  before(async () => {
    shop = await Shop.open(WHEELS, MODEL);
    house = await House.open({
      files: { "a.py": "def add(left, right):\n    return left + right\n\n\ndef subtract(left, right):\n    " },
      bare: true,
      environment: { PIP_CONFIG_FILE: path.join(shop.folder, "pip.conf"), HF_ENDPOINT: shop.hub },
      settings: {
        "echo.server.python": needed("ECHO_PYTHON"), // the one that the wheels were made for
        "http.proxy": shop.refusingProxy,
        "http.noProxy": ["127.0.0.1"],
      },
    });
    window = await house.window("not installed");
    homeBefore = others();
  });

  after(async () => {
    await house.photograph("first-run");
    await house.close();
    await shop.close();
  });

  test("the walkthrough opens and tells of the choice before anything is chosen", async () => {
    const steps = window.page.locator(".getting-started-step .step-title");
    await steps.first().waitFor();
    assert.deepEqual(await steps.allInnerTexts(), [
      "Install Echo's server",
      "Choose a model",
      "Take a completion",
      "Decide what is recorded",
    ]);
    await picture(window, "vscode-walkthrough");
  });

  test("what would be fetched is said before, and refusing it leaves nothing", async () => {
    await window.command("Echo: Install the Server…");
    await window.page.locator(".monaco-dialog-box").waitFor();
    await picture(window, "vscode-install");
    const said = await window.answer("Cancel");
    assert.match(said, /about \d+ MB of packages/);
    assert.match(said, /nothing of yours is sent/);
    assert.deepEqual(installed(), []);
  });

  test("an index that cannot be reached: what helps is said, and nothing is left", async () => {
    shop.pipUses("http://127.0.0.1:9/simple"); // a port that nobody listens at
    await install();
    const toast = window.toast("cannot be reached");
    await toast.waitFor();
    await window.status("not installed");
    await window.toast("making the environment").waitFor({ state: "detached" });
    await picture(window, "vscode-offline");
    await toast.locator(".monaco-button", { hasText: "Offline or behind a proxy?" }).click();
    assert.match(await window.answer("OK"), /pip download[^]*--find-links[^]*echoctl models add/);
    assert.deepEqual(installed(), []);
  });

  test("a proxy that refuses is named", async () => {
    shop.pipUses("https://packages.invalid/simple");
    await install();
    assert.match(await window.message("did not work"), /The proxy let no package through: look at VS Code's http\.proxy/);
    assert.deepEqual(installed(), []);
  });

  test("cancelled in the middle, nothing is half there", async () => {
    shop.pipUses(shop.index);
    const reached = shop.held("numpy", 100_000);
    await install();
    await reached;
    const toast = window.toast("fetching numpy");
    await toast.waitFor();
    await window.status("Installing Echo's server");
    assert.ok(installed().length > 0);
    await picture(window, "vscode-installing");
    await toast.locator(".monaco-button", { hasText: "Cancel" }).click();
    await window.until("nothing of it", () => Promise.resolve(installed().length === 0));
    await window.status("not installed");
    shop.letGo();
    assert.deepEqual(others(), homeBefore);
  });

  test("the server is installed from the index, and is as big as was said", { timeout: DONE_WITHIN_MS }, async (context) => {
    shop.wheelBytes = 0;
    await install();
    await window.status("No model is chosen", DONE_WITHIN_MS);
    assert.deepEqual(installed(), ["server"]);
    const onDiskMb = Number(execFileSync("du", ["-sk", path.join(house.home, "server")], { encoding: "utf-8" }).split("\t")[0]) / 1000;
    const fetchedMb = shop.wheelBytes / 1e6;
    context.diagnostic(`fetched ${fetchedMb.toFixed(1)} MB, on disk ${onDiskMb.toFixed(1)} MB`);
    assert.ok(fetchedMb < FETCHED_MB * OTHERS, `${fetchedMb} MB were fetched`);
    assert.ok(onDiskMb < ON_DISK_MB * OTHERS, `${onDiskMb} MB are on disk`);
    const lsp = (await house.processes()).find((each) => each.kind === "echo-lsp");
    assert.ok(lsp !== undefined);
    assert.deepEqual(others(), homeBefore);
  });

  test("a model is fetched with progress; cancelled, it is not there, and goes on where it stopped", { timeout: DONE_WITHIN_MS }, async () => {
    const reached = shop.held(path.basename(MODEL), 150_000_000);
    await pickTheModel();
    await reached;
    const toast = window.toast(/\(\d+%\)/); // which one it shows last depends on how fast it came
    await toast.waitFor();
    await window.status("Fetching qwen2.5-coder-0.5b");
    await picture(window, "vscode-fetching");
    await toast.locator(".monaco-button", { hasText: "Cancel" }).click();
    await toast.waitFor({ state: "detached" });
    await window.status("No model is chosen");
    shop.letGo();
    assert.match(await echoctl("models", "list"), /qwen2\.5-coder-0\.5b .*kept/);
    await pickTheModel();
    await window.status("ready", DONE_WITHIN_MS);
    assert.ok(shop.resumedAt.length >= 1);
    assert.match(await echoctl("models", "list"), /\* *qwen2\.5-coder-0\.5b .*here/);
  });

  test("the first ghost text", async () => {
    await window.open("a.py");
    await window.press("Control+End");
    await window.type("return");
    await window.until("ghost text", async () => (await window.ghostText()).includes("left"));
    const proposed = await window.ghostText();
    await picture(window, "vscode-first");
    await window.press("Tab");
    await window.lineIs(`    return${proposed}`);
  });

  test("uninstalled, nothing is left but what echoctl names", async () => {
    const named = (await echoctl("paths")).split("\n").flatMap((line) => line.split("\t")[1] ?? []);
    const places = named.map((place) => (place.endsWith(".sock") ? path.dirname(place) : place)); // its lock lies beside it
    await house.uninstall();
    await house.page(); // VS Code takes away what was uninstalled when it has started
    const extension = path.join(house.folder, "extensions");
    const gone = () => fs.readdirSync(extension).every((name) => !name.startsWith("echo-completion."));
    await house.until("the extension is gone", () => gone() && installed().length === 0);
    await house.until("its processes are gone", async () => (await house.processes()).length === 0);
    const left = files(house.home);
    assert.deepEqual(left.filter((file) => !places.some((place) => file === place || file.startsWith(`${place}/`))), []);
    assert.ok(left.some((file) => file.endsWith(".gguf")), "the model is theirs");
    assert.deepEqual(others(), homeBefore);
    const logs = files(path.join(house.folder, "data", "logs")).map((file) => fs.readFileSync(file, "utf-8"));
    assert.ok(logs.some((text) => text.includes("What is left is yours:")), "and is said");
  });
});

async function install(): Promise<void> {
  await window.command("Echo: Install the Server…");
  await window.answer("Install");
}

async function pickTheModel(): Promise<void> {
  await window.command("Echo: Choose a Model…");
  await window.pick("qwen2.5-coder-0.5b");
  assert.match(await window.answer("Fetch 491"), /491[.\d]* MB, licence Apache-2\.0[^]*SHA-256/);
}

async function echoctl(...words: string[]): Promise<string> {
  return house.echoctlOf(path.join(house.home, "server", "bin"), ...words);
}

/** What an installation makes, finished or not. */
function installed(): string[] {
  return fs.existsSync(house.home) ? fs.readdirSync(house.home).filter((name) => name.startsWith("server")) : [];
}

/** What lies in the person's home besides VS Code's own folders and Echo's. */
function others(): string[] {
  const theirs = new Set(["data", "extensions", path.basename(house.home), "project"]);
  return fs
    .readdirSync(house.folder)
    .filter((name) => !theirs.has(name))
    .flatMap((name) => files(path.join(house.folder, name)))
    .filter((file) => !file.startsWith(path.join(house.folder, ".cache", "code-server")))
    .sort();
}

function files(place: string): string[] {
  if (!fs.statSync(place).isDirectory()) return [place];
  return fs.readdirSync(place).flatMap((name) => files(path.join(place, name)));
}
