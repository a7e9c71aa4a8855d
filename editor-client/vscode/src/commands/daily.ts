// What a person asks of Echo during the day: why, be quiet, forget, where is it switched on.
import * as vscode from "vscode";
import { ResponseError } from "vscode-languageclient/node";

import { SELECTOR } from "../client";
import type { Echo } from "../context";
import { beside, run } from "../echoctl";
import * as ext from "../lsp_ext";
import { away, sentenceOf, tellError } from "../telling";

const MINUTES = [5, 30, 60, 240];
const METHOD_NOT_FOUND = -32601;

/** Why nothing is shown, or where what is shown came from. */
export async function whyNothing(echo: Echo): Promise<void> {
  const sentence = await whySentence(echo);
  if (sentence === undefined) away(echo);
  else void vscode.window.showInformationMessage(vscode.l10n.t("Echo: {0}", sentence));
}

export async function whySentence(echo: Echo): Promise<string | undefined> {
  const document = vscode.window.activeTextEditor?.document;
  if (document !== undefined && vscode.languages.match(SELECTOR, document) === 0) return notFollowed(document);
  try {
    const found = await echo.client?.sendRequest(ext.why);
    if (found === undefined) return undefined;
    return found.reason === "" ? vscode.l10n.t("Nothing was asked for yet.") : found.sentence;
  } catch (error) {
    return sentenceOf(error);
  }
}

function notFollowed(document: vscode.TextDocument): string {
  return document.uri.scheme === "vscode-notebook-cell"
    ? vscode.l10n.t("Echo does not follow notebooks: its rules go by a file's path, and a cell has none of its own.")
    : vscode.l10n.t("Echo follows files on a disk and documents that were never saved, and this is neither.");
}

export async function snooze(echo: Echo): Promise<void> {
  const items = MINUTES.map((minutes) => ({
    label: vscode.l10n.t("{0} minutes", minutes),
    description: vscode.l10n.t("asking by hand still works"),
    minutes,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: vscode.l10n.t("Echo: offer nothing for…") });
  if (picked === undefined) return;
  if ((await ctl(echo, ["snooze", String(picked.minutes)])) !== undefined) echo.snoozeUntil(Date.now() + picked.minutes * 60_000);
}

export async function wake(echo: Echo): Promise<void> {
  if ((await ctl(echo, ["snooze", "off"])) !== undefined) echo.snoozeUntil(0);
}

/** Forget what was recorded in the last ten minutes, after a question: there is no way back. */
export async function forget(echo: Echo): Promise<void> {
  const yes = vscode.l10n.t("Forget");
  const picked = await vscode.window.showWarningMessage(
    vscode.l10n.t("Forget what was recorded in the last 10 minutes?"),
    {
      modal: true,
      detail: vscode.l10n.t(
        "Events and the samples made from them are removed from the store. Files that are open and were concerned are recorded again only after they were closed and opened.",
      ),
    },
    yes,
  );
  if (picked !== yes) return;
  const said = await ctl(echo, ["data", "forget", "--last", "10m"]);
  if (said !== undefined) void vscode.window.showInformationMessage(vscode.l10n.t("Echo: {0}", said.trim()));
}

/** The pages where a person sees, stops and undoes what Echo does. */
export async function openInspector(echo: Echo): Promise<void> {
  if (echo.client === undefined) {
    away(echo);
    return;
  }
  try {
    const { url } = await echo.client.sendRequest(ext.dashboard);
    const link = vscode.Uri.parse(url, true);
    const led = await vscode.env.asExternalUri(link);
    if (led.authority === link.authority) await vscode.env.openExternal(link);
    else await elsewhere(url, link.authority);
  } catch (error) {
    if (error instanceof ResponseError && error.code === METHOD_NOT_FOUND) {
      tellError(vscode.l10n.t("This server has no inspector yet: `echoctl samples list` and `echoctl data size` show what it would."));
    } else {
      tellError(error);
    }
  }
}

/**
 * A window in a browser or on another machine would lead there under another name, and that the
 * inspector refuses, as it must: whoever may answer under any name can be asked by any page.
 */
async function elsewhere(url: string, authority: string): Promise<void> {
  const [, port = ""] = authority.split(":");
  const copy = vscode.l10n.t("Copy the link");
  const picked = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      "The inspector answers on the machine where Echo runs, under {0} alone. Open its link there, or forward the port under the same number first, as `ssh -L {1}:{0}` does.",
      authority,
      port,
    ),
    copy,
  );
  if (picked === copy) await vscode.env.clipboard.writeText(url);
}

/** Switch completion on or off for the language of the document in front, for all workspaces. */
export async function toggleLanguage(language: string | undefined): Promise<void> {
  if (language === undefined) return;
  const settings = vscode.workspace.getConfiguration("echo");
  const off = settings.get<string[]>("completion.disabledLanguages", []);
  const now = off.includes(language) ? off.filter((each) => each !== language) : [...off, language];
  await settings.update("completion.disabledLanguages", now.length > 0 ? now : undefined, vscode.ConfigurationTarget.Global);
}

/** Switch completion on or off in this workspace. */
export async function toggleWorkspace(): Promise<void> {
  const settings = vscode.workspace.getConfiguration("echo");
  const on = settings.get<boolean>("completion.enabled", true);
  const target =
    vscode.workspace.workspaceFolders === undefined
      ? vscode.ConfigurationTarget.Global
      : vscode.ConfigurationTarget.Workspace;
  const elsewhere = settings.inspect<boolean>("completion.enabled");
  const without = (target === vscode.ConfigurationTarget.Workspace ? elsewhere?.globalValue : undefined) ?? true;
  await settings.update("completion.enabled", on === !without ? undefined : !on, target);
}

/** Run echoctl for somebody who asked; undefined where it failed and they were told. */
async function ctl(echo: Echo, words: readonly string[]): Promise<string | undefined> {
  if (echo.resolution.kind !== "found") {
    away(echo);
    return undefined;
  }
  try {
    return await run(beside(echo.resolution.command), words);
  } catch (error) {
    tellError(error);
    return undefined;
  }
}
