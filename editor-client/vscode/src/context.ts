// Echo in one window: owns the client and everything else that must be disposed of.
//
// Rules
//  - Whatever asks for a restart goes through `restart`, which coalesces.
//  - A server that ends by itself is started again a few times, then only by hand: the status says so.
//  - Nothing here opens a message by itself. What is wrong stands in the status item.
import * as os from "node:os";
import { accessSync, constants, statSync } from "node:fs";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

import { Bookkeeping } from "./bookkeeping";
import { makeClient, telemetryAllowed } from "./client";
import { Coalesced } from "./coalesced";
import { consent, didChangeTelemetry } from "./lsp_ext";
import { privateFolder, resolveServer, type Resolution } from "./resolve";
import { StatusItem, type State } from "./status";
import { Tally, type Today } from "./tally";
import { Watching } from "./watching";

const CRASHES_MAX = 4; // within `CRASH_WINDOW_MS`; then something is wrong that a restart won't mend
const CRASH_WINDOW_MS = 180_000;

export class Echo implements vscode.Disposable {
  readonly log: vscode.LogOutputChannel;
  readonly status: StatusItem;
  readonly #books = new Bookkeeping();
  readonly #watching: Watching;
  readonly #disposables: { dispose(): unknown }[];
  readonly #restarts = new Coalesced(() => this.#startAgain());
  #client: LanguageClient | undefined;
  #resolution: Resolution = { kind: "missing" };
  readonly #tally = new Tally();
  #said: State | undefined; // what the server said last, under what a snooze shows
  #snoozedUntil = 0;
  #waking: NodeJS.Timeout | undefined;
  #recording: boolean | undefined;
  #crashes: number[] = [];
  #disposed = false;

  /** `wanting` is told when a person has to install or choose something before anything completes. */
  constructor(
    readonly extension: vscode.ExtensionContext,
    private readonly wanting: () => void,
  ) {
    this.log = vscode.window.createOutputChannel("Echo", { log: true });
    this.status = new StatusItem();
    this.#watching = new Watching(
      this.#books,
      (method, params) => {
        this.tell(method, params);
      },
      (id) => {
        this.#tally.shown(day(), id);
      },
    );
    this.#disposables = [
      this.log,
      this.status,
      this.#watching,
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("echo.server")) void this.restart();
        else if (event.affectsConfiguration("echo.telemetry")) this.#tellTelemetry();
        // The server asks for its section when it hears this.
        else if (event.affectsConfiguration("echo")) this.tell("workspace/didChangeConfiguration", { settings: null });
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        if (this.#resolution.kind !== "found") void this.restart();
      }),
      vscode.env.onDidChangeTelemetryEnabled(() => {
        this.#tellTelemetry();
      }),
    ];
  }

  /** The running server; undefined while there is none. */
  get client(): LanguageClient | undefined {
    return this.#client?.isRunning() === true ? this.#client : undefined;
  }

  /** Tell the server something; a server that is away is told nothing. */
  tell(method: string, params: unknown): void {
    void this.client?.sendNotification(method, params).catch(() => undefined);
  }

  /** What this window saw since midnight. */
  get today(): Today {
    return this.#tally.of(day());
  }

  get isSnoozed(): boolean {
    return Date.now() < this.#snoozedUntil;
  }

  /** This window asked for silence until then; the daemon keeps it, for all windows. */
  snoozeUntil(at: number): void {
    this.#snoozedUntil = at;
    clearTimeout(this.#waking);
    if (this.isSnoozed) {
      this.#waking = setTimeout(() => {
        this.snoozeUntil(0);
      }, at - Date.now());
    }
    this.showWhatHolds();
  }

  /** Whether recording is on, as far as this window was told; undefined before it asked. */
  get isRecording(): boolean | undefined {
    return this.#recording;
  }

  noteRecording(on: boolean): void {
    this.#recording = on;
  }

  get resolution(): Resolution {
    return this.#resolution;
  }

  /** Start the server, or start it again. Never throws: what went wrong is the status. */
  restart(): Promise<void> {
    return this.#restarts.run();
  }

  /** A person says that it is worth another try. */
  restartByHand(): Promise<void> {
    this.#crashes = [];
    return this.restart();
  }

  async #startAgain(): Promise<void> {
    const before = this.#client;
    this.#client = undefined;
    await before?.dispose().catch(() => undefined);
    if (this.#disposed) return;
    this.#resolution = this.#resolve();
    if (this.#resolution.kind !== "found") {
      this.log.info(`no server: ${this.#resolution.kind}`);
      this.#show(missing(this.#resolution));
      return;
    }
    const { command, source } = this.#resolution;
    this.log.info(`starting ${command} (${source})`);
    this.#show({ kind: "starting", busy: true, message: "" });
    const client: LanguageClient = makeClient(command, this.log, this.#books, {
      status: (status) => {
        if (client !== this.#client) return;
        const wasReady = this.#said?.kind === "ready";
        this.#show(status);
        if (status.kind === "ready" && !wasReady) this.#watching.becameReady();
        if (this.#recording === undefined) void this.#askRecording(client);
      },
      closed: () => {
        if (client === this.#client) this.#ended();
      },
      answered: () => {
        this.#watching.lookSoon();
      },
      accepted: (id) => {
        this.#tally.accepted(day(), id, this.#books.length(id));
        setContext("echo.hasAccepted", true);
      },
    });
    this.#client = client;
    try {
      await client.start();
      this.#watching.again();
    } catch (error) {
      this.log.error(error instanceof Error ? error : String(error));
      this.#show({
        kind: "error",
        busy: false,
        message: vscode.l10n.t("Echo's server could not be started: see the log, then restart Echo."),
      });
    }
  }

  #tellTelemetry(): void {
    this.tell(didChangeTelemetry.method, { allowed: telemetryAllowed() });
  }

  async #askRecording(client: LanguageClient): Promise<void> {
    const found = await client.sendRequest(consent).catch(() => undefined); // the daemon is not there yet
    if (found !== undefined) this.noteRecording(found.switches.some((each) => each.switch === "record" && each.on));
  }

  #ended(): void {
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    if (this.#disposed) return;
    if (this.#crashes.length < CRASHES_MAX) {
      void this.restart();
    } else {
      this.#show({
        kind: "error",
        busy: false,
        message: vscode.l10n.t("Echo's server ended several times: see the log, then restart Echo."),
      });
    }
  }

  /** Show again what the server said last, after something else was shown. */
  showWhatHolds(): void {
    if (this.#said !== undefined) this.#show(this.#said);
  }

  #show(state: State): void {
    this.#said = state;
    setContext("echo.hasServer", this.#resolution.kind === "found");
    setContext("echo.isReady", state.kind === "ready");
    if (state.kind === "missing" || state.kind === "no_model") this.wanting();
    const snoozed = state.kind === "ready" && this.isSnoozed;
    const message = vscode.l10n.t("Snoozed: asking by hand still works.");
    this.status.show(snoozed ? { kind: "snoozed", busy: false, message } : state);
  }

  #resolve(): Resolution {
    return resolveServer({
      setting: vscode.workspace.getConfiguration("echo").get<string>("server.path", ""),
      trusted: vscode.workspace.isTrusted,
      searchPath: process.env["PATH"] ?? "",
      privateFolder: privateFolder(process.env, os.homedir(), process.platform),
      home: os.homedir(),
      isProgram,
    });
  }

  /** Ends the server in order, so that it says goodbye to the daemon. */
  async stop(): Promise<void> {
    this.#disposed = true;
    await this.#client?.dispose().catch(() => undefined);
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#waking);
    for (const each of this.#disposables) each.dispose();
  }
}

function missing(resolution: Exclude<Resolution, { kind: "found" }>): State {
  const message =
    resolution.kind === "wrong-setting"
      ? vscode.l10n.t("The setting echo.server.path names no program: {0}", resolution.command)
      : vscode.l10n.t("Echo's server is not installed: choose this item to install it.");
  return { kind: "missing", busy: false, message };
}

/** For the walkthrough's steps and for whoever binds keys. */
function setContext(name: string, value: boolean): void {
  void vscode.commands.executeCommand("setContext", name, value);
}

/** The person's own day, by name. */
function day(): string {
  return new Date().toDateString();
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
