// What a person lets Echo record and send: shown in its own words, then asked, nothing preselected.
//
// Left out: which rule decides; the server says it.
//
// Rules
//  - Nothing is sent to the server that a person did not pick in this window a moment ago.
//  - Closing the question is no answer: everything stays as it was.
import * as vscode from "vscode";

import type { Echo } from "../context";
import * as ext from "../lsp_ext";
import { away, sentenceOf, tellError } from "../telling";

export const TEXT_SCHEME = "echo-consent";

const COVERED = "\n".repeat(6); // the question lies over the first lines of an editor

/** Serves the texts that are agreed to, as documents. */
export class ConsentTexts implements vscode.TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();

  keep(state: ext.SwitchState): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: TEXT_SCHEME, path: `/${titleOf(state.switch)}.md` });
    this.#texts.set(uri.path, `${COVERED}# ${titleOf(state.switch)}\n\n${state.text}\n`);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.path) ?? "";
  }
}

interface SwitchItem extends vscode.QuickPickItem {
  readonly state: ext.SwitchState;
}

/** Every switch with why it is as it is; picking one asks about it. */
export async function choose(echo: Echo, texts: ConsentTexts): Promise<void> {
  const switches = await all(echo);
  if (switches === undefined) return;
  const picked = await vscode.window.showQuickPick<SwitchItem>(
    switches.map((state) => ({
      label: `${titleOf(state.switch)}: ${state.on ? vscode.l10n.t("on") : vscode.l10n.t("off")}`,
      detail: state.reason,
      state,
    })),
    { title: vscode.l10n.t("Echo: what it may record and send"), matchOnDetail: true },
  );
  if (picked !== undefined) await ask(echo, texts, picked.state);
}

/** Ask about one switch. */
export async function askFor(echo: Echo, texts: ConsentTexts, name: ext.Switch): Promise<void> {
  const state = (await all(echo))?.find((each) => each.switch === name);
  if (state !== undefined) await ask(echo, texts, state);
}

/** Recording off, without a question: taking back has to be easy. */
export async function pauseRecording(echo: Echo): Promise<void> {
  await set(echo, { switch: "record", on: false });
}

export async function all(echo: Echo): Promise<ext.SwitchState[] | undefined> {
  if (echo.client === undefined) {
    away(echo);
    return undefined;
  }
  try {
    return (await echo.client.sendRequest(ext.consent)).switches;
  } catch (error) {
    tellError(error);
    return undefined;
  }
}

async function ask(echo: Echo, texts: ConsentTexts, state: ext.SwitchState): Promise<void> {
  const document = await vscode.workspace.openTextDocument(texts.keep(state));
  await vscode.window.showTextDocument(document, { preview: true });
  const on = await pickOne(
    vscode.l10n.t("{0}: read the text behind this, then choose", titleOf(state.switch)),
    vscode.l10n.t("Now: {0}", state.reason),
    [
      { label: vscode.l10n.t("Yes, switch it on"), value: true },
      { label: vscode.l10n.t("No, leave or switch it off"), value: false },
    ],
  );
  if (on !== undefined) await set(echo, { switch: state.switch, on });
}

async function set(echo: Echo, params: ext.SetConsentParams): Promise<void> {
  try {
    const result = await echo.client?.sendRequest(ext.setConsent, params);
    const now = result?.switches.find((each) => each.switch === params.switch);
    if (now === undefined) away(echo);
    else void vscode.window.setStatusBarMessage(`Echo: ${now.reason}`, MESSAGE_MS);
    echo.noteRecording(result?.switches.find((each) => each.switch === "record")?.on === true);
  } catch (error) {
    echo.log.error(sentenceOf(error));
    tellError(error);
  }
}

const MESSAGE_MS = 8_000;

interface Choice extends vscode.QuickPickItem {
  readonly value: boolean;
}

/** A question whose answers are all unmarked: Enter alone answers nothing. */
function pickOne(title: string, placeholder: string, items: readonly Choice[]): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const pick = vscode.window.createQuickPick<Choice>();
    pick.title = title;
    pick.placeholder = placeholder;
    pick.ignoreFocusOut = true;
    pick.items = items;
    let moved = false;
    pick.activeItems = [];
    const listening = [
      pick.onDidChangeActive((active) => {
        if (active.length > 0 && !moved) {
          moved = true;
          pick.activeItems = []; // VS Code marks the first by itself
        }
      }),
      pick.onDidAccept(() => {
        const chosen = pick.activeItems[0] ?? pick.selectedItems[0];
        if (chosen === undefined) return;
        resolve(chosen.value);
        pick.hide();
      }),
      pick.onDidHide(() => {
        resolve(undefined);
        for (const each of listening) each.dispose();
        pick.dispose();
      }),
    ];
    pick.show();
  });
}

export function titleOf(name: ext.Switch): string {
  switch (name) {
    case "record":
      return vscode.l10n.t("Recording on this machine");
    case "contribute":
      return vscode.l10n.t("Contributing samples");
    case "metrics":
      return vscode.l10n.t("Sending counters");
  }
}
