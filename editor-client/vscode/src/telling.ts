// How a person who asked for something is told that it did not work. Nobody who asked for nothing
// is told anything here: that stands in the status item.
import * as vscode from "vscode";

import type { Echo } from "./context";

export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function tellError(error: unknown): void {
  void vscode.window.showErrorMessage(vscode.l10n.t("Echo: {0}", sentenceOf(error)));
}

/** The server is not there; the status item says why. */
export function away(echo: Echo): void {
  const why = echo.status.state.message;
  const restart = vscode.l10n.t("Restart Echo");
  void vscode.window
    .showWarningMessage(vscode.l10n.t("Echo's server does not run. {0}", why), restart)
    .then((picked) => (picked === restart ? echo.restart() : undefined));
}
