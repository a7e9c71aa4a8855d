// The menu behind the status item: what holds now on top, then everything a person can do about it.
import * as vscode from "vscode";

import { whySentence } from "./commands/daily";
import type { Echo } from "./context";

interface Action extends vscode.QuickPickItem {
  readonly command?: string;
  readonly arguments?: readonly unknown[];
}

export async function showMenu(echo: Echo): Promise<void> {
  const language = vscode.window.activeTextEditor?.document.languageId;
  const why = await whySentence(echo);
  const picked = await vscode.window.showQuickPick<Action>(
    [...urgent(echo), ...now(echo, why), ...switches(echo, language), ...records(echo), ...rest()],
    { title: vscode.l10n.t("Echo"), placeHolder: echo.status.sentence },
  );
  if (picked?.command !== undefined) await vscode.commands.executeCommand(picked.command, ...(picked.arguments ?? []));
}

/** What is wrong, with what helps. */
function urgent(echo: Echo): Action[] {
  switch (echo.status.state.kind) {
    case "missing":
      return [{ label: `$(cloud-download) ${vscode.l10n.t("Install Echo's server…")}`, command: "echo.installServer" }];
    case "no_model":
      return [{ label: `$(cloud-download) ${vscode.l10n.t("Choose a model…")}`, command: "echo.pickModel" }];
    case "error":
      return [
        {
          label: `$(refresh) ${vscode.l10n.t("Restart Echo")}`,
          detail: echo.status.state.message,
          command: "echo.restart",
        },
      ];
    default:
      return [];
  }
}

function now(echo: Echo, why: string | undefined): Action[] {
  const { shown, accepted, chars } = echo.today;
  return [
    line(vscode.l10n.t("Now")),
    {
      label: `$(question) ${vscode.l10n.t("Why no suggestion?")}`,
      ...(why === undefined ? {} : { detail: why }),
      command: "echo.why",
    },
    {
      label: `$(graph) ${vscode.l10n.t("Today in this window")}`,
      description: vscode.l10n.t("{0} shown, {1} accepted, {2} characters", shown, accepted, chars),
      command: "echo.inspector",
    },
    {
      label: echo.isSnoozed ? `$(bell) ${vscode.l10n.t("Wake Echo")}` : `$(bell-slash) ${vscode.l10n.t("Snooze…")}`,
      command: echo.isSnoozed ? "echo.wake" : "echo.snooze",
    },
  ];
}

function switches(echo: Echo, language: string | undefined): Action[] {
  const settings = vscode.workspace.getConfiguration("echo");
  const off = settings.get<string[]>("completion.disabledLanguages", []);
  const here = settings.get<boolean>("completion.enabled", true);
  const actions: Action[] = [line(vscode.l10n.t("Where and with what"))];
  if (language !== undefined) {
    actions.push({
      label: off.includes(language)
        ? `$(check) ${vscode.l10n.t("Complete in {0} files", language)}`
        : `$(circle-slash) ${vscode.l10n.t("Don't complete in {0} files", language)}`,
      command: "echo.toggleLanguage",
      arguments: [language],
    });
  }
  actions.push(
    {
      label: here
        ? `$(circle-slash) ${vscode.l10n.t("Don't complete in this workspace")}`
        : `$(check) ${vscode.l10n.t("Complete in this workspace")}`,
      command: "echo.toggleWorkspace",
    },
    { label: `$(package) ${vscode.l10n.t("Choose a model…")}`, command: "echo.pickModel" },
  );
  return echo.resolution.kind === "found" ? actions : actions.slice(0, -1);
}

function records(echo: Echo): Action[] {
  return [
    line(vscode.l10n.t("What is recorded")),
    echo.isRecording === true
      ? { label: `$(debug-pause) ${vscode.l10n.t("Pause recording")}`, command: "echo.pauseRecording" }
      : { label: `$(record) ${vscode.l10n.t("Record on this machine…")}`, command: "echo.record" },
    { label: `$(trash) ${vscode.l10n.t("Forget the last 10 minutes…")}`, command: "echo.forget" },
    { label: `$(inspect) ${vscode.l10n.t("Open the inspector")}`, command: "echo.inspector" },
    { label: `$(law) ${vscode.l10n.t("What Echo may record and send…")}`, command: "echo.consent" },
  ];
}

function rest(): Action[] {
  return [
    line(vscode.l10n.t("Echo itself")),
    { label: `$(output) ${vscode.l10n.t("Show the log")}`, command: "echo.showLog" },
    { label: `$(book) ${vscode.l10n.t("Get started")}`, command: "echo.walkthrough" },
    {
      label: `$(gear) ${vscode.l10n.t("Settings")}`,
      command: "workbench.action.openSettings",
      arguments: ["@ext:echo-completion.echo-completion"],
    },
    { label: `$(refresh) ${vscode.l10n.t("Restart Echo")}`, command: "echo.restart" },
  ];
}

function line(label: string): Action {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
