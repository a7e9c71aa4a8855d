// A whole Echo around a real VS Code: code-server with the built extension, Chromium in front of it,
// the real server and daemon behind it, in a throw-away profile.
//
// Left out: what is asserted. Machine facts come in by variables, which `make test-editor` sets:
// ECHO_ROOT, ECHO_BIN (where echo-lsp lies), ECHO_PYTHON, NODE_24, CODE_SERVER, CHROMIUM, VSIX.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { chromium, type Browser, type Page } from "playwright-core";

import { WAITS_MS, Window } from "./window";

const run = promisify(execFile);
const STARTS_WITHIN_MS = WAITS_MS;
const RECORDED_WITHIN_MS = WAITS_MS;

export interface RecordedEvent {
  readonly session: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface HouseOptions {
  readonly files: Readonly<Record<string, string>>;
  readonly book?: string; // what the fake engine completes from
  readonly shelf?: string; // or where the real weights lie
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly bare?: boolean; // no echo-lsp is to be found, no profile is made, this tree is on no path
}

export class House {
  readonly folder: string;
  readonly home: string;
  readonly workspace: string;
  #server: ChildProcess | undefined;
  #browser: Browser | undefined;
  #address = "";
  readonly #windows: Window[] = [];

  private constructor(private readonly options: HouseOptions) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "echo-editor-"));
    this.home = path.join(this.folder, "h");
    this.workspace = path.join(this.folder, "project");
  }

  static async open(options: HouseOptions): Promise<House> {
    const house = new House(options);
    try {
      await house.#prepare();
      await house.#codeServer("--install-extension", needed("VSIX"));
      await house.#startServer();
      house.#browser = await chromium.launch({
        executablePath: needed("CHROMIUM"),
        args: ["--no-sandbox", "--force-color-profile=srgb"],
      });
      return house;
    } catch (error) {
      await house.close();
      throw error;
    }
  }

  /** A window on the project, once the status says that it is so far. */
  async window(state = "ready"): Promise<Window> {
    const page = await this.page();
    const window = new Window(page);
    this.#windows.push(window);
    await window.untilReady(state);
    return window;
  }

  /** Every event of the store, oldest first. */
  async events(): Promise<RecordedEvent[]> {
    return (await this.#python("events")) as RecordedEvent[];
  }

  /** The outcomes in the store so far, as one reads them: `accepted`, or `partial …add`: as far as that. */
  async outcomes(): Promise<string[]> {
    const events = await this.events();
    const textOf = (id: unknown): string => {
      const first = events.find((event) => event.kind === "proposal" && event["proposal"] === id);
      return String(first?.["text"]);
    };
    return events
      .filter((event) => event.kind === "outcome")
      .map((event) => {
        const end = textOf(event["proposal"]).slice(0, Number(event["chars"])).slice(-3);
        return event["outcome"] === "partial" ? `partial …${end}` : String(event["outcome"]);
      });
  }

  /** Wait until the store's outcomes, from `after` on, are these. */
  async outcomesAre(after: number, wanted: readonly string[]): Promise<void> {
    const until = Date.now() + RECORDED_WITHIN_MS;
    let found: string[] = [];
    while (Date.now() < until) {
      found = (await this.outcomes()).slice(after);
      if (found[0] === "dismissed") found.shift(); // what stood at the line before, when this began
      if (JSON.stringify(found) === JSON.stringify(wanted)) return;
      await sleep(500); // each look starts a Python
    }
    if (process.env["TELL"] !== undefined) for (const each of (await this.events()).slice(-40)) console.log(JSON.stringify(each));
    throw new Error(`the store's outcomes are ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  }

  async processes(): Promise<{ kind: string; pid: number; rss: number }[]> {
    return (await this.#python("processes")) as { kind: string; pid: number; rss: number }[];
  }

  async echoctl(...words: string[]): Promise<string> {
    return this.echoctlOf(needed("ECHO_BIN"), ...words);
  }

  /** The same with the echoctl that lies there. */
  async echoctlOf(bin: string, ...words: string[]): Promise<string> {
    const { stdout } = await run(path.join(bin, "echoctl"), words, { env: this.#environment() });
    return stdout;
  }

  /** Wait for what stands on no screen. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + STARTS_WITHIN_MS;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
      await sleep(200);
    }
  }

  /** Play a session's trace again as it was recorded; how each sample ended, which must be alike. */
  async playedAgain(session: string): Promise<{ break: string; accepted: number; kept: number }[]> {
    const trace = path.join(this.folder, "trace.jsonl");
    await this.echoctl("trace", "export", "--session", session, "-o", trace);
    const samples = await this.#python("again", trace, "--session", session);
    return samples as { break: string; accepted: number; kept: number }[];
  }

  /** Pictures of what stands on every screen, for whoever looks for a failure. */
  async photograph(name: string): Promise<void> {
    for (const [at, window] of this.#windows.entries()) {
      if (window.page.isClosed()) continue;
      await window.page.screenshot({ path: path.join(os.tmpdir(), `echo-${name.replaceAll(" ", "_").slice(0, 30)}-${at}.png`) });
    }
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.#stopServer();
    await this.#python("end");
    if (process.env["KEEP"] === undefined) fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** Uninstall the extension and start VS Code again, as its button *Restart Extensions* does. */
  async uninstall(): Promise<void> {
    for (const window of this.#windows) await window.page.close();
    await this.#stopServer();
    await this.#codeServer("--uninstall-extension", "echo-completion.echo-completion");
    await this.#startServer();
  }

  /** A page of VS Code without waiting for Echo. */
  async page(): Promise<Page> {
    if (this.#browser === undefined) throw new Error("the house is closed");
    const context = await this.#browser.newContext({
      viewport: { width: 1000, height: 640 },
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const page = await context.newPage();
    await page.goto(`${this.#address}/?folder=${encodeURIComponent(this.workspace)}`, {
      waitUntil: "commit", // what stands on the screen is waited for
      timeout: STARTS_WITHIN_MS,
    });
    return page;
  }

  async #stopServer(): Promise<void> {
    if (this.#server?.pid === undefined || this.#server.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#server?.once("exit", resolve));
    process.kill(this.#server.pid, "SIGTERM");
    await ended;
  }

  async #prepare(): Promise<void> {
    const { files, book, shelf, settings } = this.options;
    fs.mkdirSync(this.workspace);
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(this.workspace, name)), { recursive: true });
      fs.writeFileSync(path.join(this.workspace, name), text);
    }
    const from = path.join(this.folder, "book");
    fs.writeFileSync(from, book ?? "");
    if (this.options.bare !== true) {
      await this.#python("make", ...(shelf === undefined ? ["--text", from] : ["--shelf", shelf]));
    }
    // VS Code asks the login shell for PATH, as it does on a person's machine.
    const bin = this.options.bare === true ? "" : `${needed("ECHO_BIN")}:`;
    fs.writeFileSync(path.join(this.folder, ".bash_profile"), `export PATH=${bin}$PATH\n`);
    const user = path.join(this.folder, "data", "User");
    fs.mkdirSync(user, { recursive: true });
    fs.writeFileSync(path.join(user, "settings.json"), JSON.stringify({ ...SETTINGS, ...settings }));
  }

  async #startServer(): Promise<void> {
    const until = Date.now() + STARTS_WITHIN_MS;
    let said = "timed out"; // code-server's own patience with its child, which a starved machine exceeds
    while (said.includes("timed out") && Date.now() < until) {
      said = await this.#serverStarted(until);
      if (this.#address !== "") return;
    }
    throw new Error(`code-server did not start: ${said}`);
  }

  /** Start it once; what it said, and its address where it listens. */
  async #serverStarted(until: number): Promise<string> {
    const words = ["--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check"];
    const server = spawn(needed("NODE_24"), [needed("CODE_SERVER"), ...this.#places(), ...words], {
      env: this.#environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#server = server;
    this.#address = "";
    let said = "";
    server.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    server.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    while (Date.now() < until && server.exitCode === null) {
      this.#address = /HTTP server listening on (http:\S+?)\/?\s/.exec(said)?.[1] ?? "";
      if (this.#address !== "") break;
      await sleep(100);
    }
    return said;
  }

  /** Let code-server do one thing, and end. */
  async #codeServer(...words: string[]): Promise<void> {
    await run(needed("NODE_24"), [needed("CODE_SERVER"), ...this.#places(), ...words], { env: this.#environment() });
  }

  #places(): string[] {
    const config = ["--config", `${this.folder}/code-server.yaml`];
    return [...config, "--user-data-dir", `${this.folder}/data`, "--extensions-dir", `${this.folder}/extensions`];
  }

  async #python(what: string, ...more: string[]): Promise<unknown[]> {
    const words = ["-m", "echo_testing.window", what, this.home, ...more];
    const { stdout } = await run(needed("ECHO_PYTHON"), words, {
      env: { ...process.env, PYTHONPATH: pythonPath() },
      maxBuffer: 256 << 20,
    });
    return stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown]));
  }

  #environment(): NodeJS.ProcessEnv {
    const kept = Object.entries(process.env).filter(([name]) => !HIDDEN.has(name) && !NETWORK.test(name));
    return {
      ...Object.fromEntries(kept),
      ECHO_HOME: this.home,
      HOME: this.folder, // nothing of whoever runs this is read or written
      SHELL: "/bin/bash",
      ...(this.options.bare === true ? {} : { PYTHONPATH: pythonPath() }),
      ...this.options.environment,
    };
  }
}

// A person's machine: CI and the like would switch recording off, and models lie in the profile.
const HIDDEN = new Set(["CI", "DO_NOT_TRACK", "NODE_OPTIONS", "PORT", "PASSWORD", "PYTHONPATH", "ECHO_MODELS"]);
const NETWORK = /^(PIP_|HF_|(https?|all|no)_proxy$)/i; // what is reached is the story's to say

const SETTINGS = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "editor.wordBasedSuggestions": "off",
  "editor.minimap.enabled": false,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "window.commandCenter": false,
  "workbench.tips.enabled": false,
  "files.autoSave": "off",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
};

function pythonPath(): string {
  const root = needed("ECHO_ROOT");
  return [root, path.join(root, "daemon"), path.join(root, "trainer"), path.join(root, "tests")].join(path.delimiter);
}

/** Why there is no real VS Code here; empty where there is one. */
export const noEditor = process.env["ECHO_NO_EDITOR"] ?? "";

export function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: run make test-editor`);
  return value;
}
