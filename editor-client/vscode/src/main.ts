// Activation, and the table of commands.
import * as vscode from "vscode";

import * as consent from "./commands/consent";
import * as daily from "./commands/daily";
import { pickModel } from "./commands/models";
import { installServer, removeData } from "./commands/server";
import { Echo } from "./context";
import { showMenu } from "./menu";

const WALKTHROUGH = "echo-completion.echo-completion#echo.start";
const GREETED = "echo.greeted";

type Command = (echo: Echo, ...rest: unknown[]) => unknown;

const texts = new consent.ConsentTexts();

/** Every command of package.json; a test compares the two. */
const COMMANDS: Readonly<Record<string, Command>> = {
  "echo.menu": (echo) => showMenu(echo),
  "echo.why": (echo) => daily.whyNothing(echo),
  "echo.snooze": (echo) => daily.snooze(echo),
  "echo.wake": (echo) => daily.wake(echo),
  "echo.forget": (echo) => daily.forget(echo),
  "echo.inspector": (echo) => daily.openInspector(echo),
  "echo.toggleLanguage": (_, language) =>
    daily.toggleLanguage(
      typeof language === "string" ? language : vscode.window.activeTextEditor?.document.languageId,
    ),
  "echo.toggleWorkspace": () => daily.toggleWorkspace(),
  "echo.consent": (echo) => consent.choose(echo, texts),
  "echo.record": (echo) => consent.askFor(echo, texts, "record"),
  "echo.pauseRecording": (echo) => consent.pauseRecording(echo),
  "echo.pickModel": (echo) => pickModel(echo),
  "echo.installServer": (echo) => installServer(echo),
  "echo.removeData": (echo) => removeData(echo),
  "echo.restart": (echo) => echo.restartByHand(),
  "echo.showLog": (echo) => {
    echo.log.show();
  },
  "echo.walkthrough": () => openWalkthrough(),
};

let echo: Echo | undefined;

export async function activate(extension: vscode.ExtensionContext): Promise<void> {
  const began = performance.now();
  const made: Echo = new Echo(extension, () => {
    void greet(extension.globalState);
  });
  echo = made;
  extension.subscriptions.push(
    made,
    vscode.workspace.registerTextDocumentContentProvider(consent.TEXT_SCHEME, texts),
    ...Object.entries(COMMANDS).map(([name, command]) =>
      vscode.commands.registerCommand(name, (...words: unknown[]) => command(made, ...words)),
    ),
  );
  const starting = made.restart();
  made.log.info(`activated in ${(performance.now() - began).toFixed(1)} ms`);
  await starting;
  made.log.info(`server ready after ${(performance.now() - began).toFixed(1)} ms`);
}

export async function deactivate(): Promise<void> {
  await echo?.stop();
}

/** Once, and where something is missing: the walkthrough says what. Never again by itself. */
async function greet(state: vscode.Memento): Promise<void> {
  if (state.get<boolean>(GREETED, false)) return;
  await state.update(GREETED, true);
  await openWalkthrough();
}

async function openWalkthrough(): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openWalkthrough", WALKTHROUGH, false);
}
