// Activation, and the table of commands.
import * as vscode from "vscode";

import { Echo } from "./context";

let echo: Echo | undefined;

export async function activate(extension: vscode.ExtensionContext): Promise<void> {
  const began = performance.now();
  echo = new Echo(extension);
  extension.subscriptions.push(echo);
  const made = performance.now();
  echo.log.info(`activated in ${(made - began).toFixed(1)} ms`);
  await echo.restart();
  echo.log.info(`server ready after ${(performance.now() - began).toFixed(1)} ms`);
}

export async function deactivate(): Promise<void> {
  await echo?.stop();
}
