// The item in the status bar: one word and an icon, never colour alone; the rest is its tooltip.
//
// Left out: the menu behind it (`menu`), where the state comes from (`context`).
import * as vscode from "vscode";

import type { StatusKind } from "./lsp_ext";

/** What Echo is doing, as this window knows it. */
export type State =
  | { readonly kind: StatusKind; readonly busy: boolean; readonly message: string }
  | { readonly kind: "starting" | "missing" | "installing" | "pulling" | "snoozed"; readonly busy: boolean; readonly message: string };

export class StatusItem implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  #state: State = { kind: "starting", busy: true, message: "" };

  constructor() {
    this.#item = vscode.window.createStatusBarItem("echo.status", vscode.StatusBarAlignment.Right, 100);
    this.#item.name = vscode.l10n.t("Echo");
    this.#item.command = "echo.menu";
    this.show(this.#state);
    this.#item.show();
  }

  get state(): State {
    return this.#state;
  }

  /** What it does, in a sentence or a word. */
  get sentence(): string {
    // The server names a command to type; here a click does it.
    if (this.#state.kind === "no_model") return vscode.l10n.t("No model is chosen: choose this item to pick one.");
    return this.#state.message === "" ? look(this.#state)[1] : this.#state.message;
  }

  show(state: State): void {
    this.#state = state;
    const [icon] = look(state);
    const { sentence } = this;
    this.#item.text = `$(${icon}) Echo`;
    this.#item.tooltip = vscode.l10n.t("Echo: {0}", sentence);
    this.#item.accessibilityInformation = {
      label: vscode.l10n.t("Echo code completion: {0}. Opens a menu.", sentence.replace(/\.$/, "")),
      role: "button",
    };
    this.#item.backgroundColor =
      state.kind === "error" || state.kind === "missing"
        ? new vscode.ThemeColor("statusBarItem.warningBackground")
        : undefined;
  }

  dispose(): void {
    this.#item.dispose();
  }
}

function look(state: State): [icon: string, word: string] {
  switch (state.kind) {
    case "ready":
      return state.busy ? ["loading~spin", vscode.l10n.t("thinking")] : ["sparkle", vscode.l10n.t("ready")];
    case "off":
      return ["circle-slash", vscode.l10n.t("off")];
    case "no_model":
      return ["cloud-download", vscode.l10n.t("no model")];
    case "loading":
      return ["loading~spin", vscode.l10n.t("loading the model")];
    case "snoozed":
      return ["bell-slash", vscode.l10n.t("snoozed")];
    case "starting":
      return ["loading~spin", vscode.l10n.t("starting")];
    case "installing":
      return ["loading~spin", vscode.l10n.t("installing its server")];
    case "pulling":
      return ["loading~spin", vscode.l10n.t("fetching a model")];
    case "missing":
      return ["cloud-download", vscode.l10n.t("its server is not installed")];
    case "error":
      return ["warning", vscode.l10n.t("something is wrong")];
  }
}
