// Installing the server, and removing what Echo keeps.
//
// Rules
//  - Before anything is fetched a person is told what, from where, how big, and says yes.
//  - Where fetching fails the answer names what helps offline and behind a proxy.
import * as os from "node:os";
import * as vscode from "vscode";

import type { Echo } from "../context";
import { beside, run } from "../echoctl";
import { bundledWheel, FETCHED_MB, findPython, install, ON_DISK_MB } from "../install";
import { privateFolder } from "../resolve";
import { away, sentenceOf, tellError } from "../telling";

export async function installServer(echo: Echo): Promise<void> {
  const wheel = bundledWheel(echo.extension.extensionPath);
  const setting = vscode.workspace.getConfiguration("echo").get<string>("server.python", "");
  const python = await findPython(setting);
  if (wheel === undefined || python === undefined) {
    tellError(
      wheel === undefined
        ? vscode.l10n.t("This build of the extension carries no server: set echo.server.path to an echo-lsp.")
        : vscode.l10n.t("Python 3.11 or newer with its venv module was not found: install it, or set echo.server.python."),
    );
    return;
  }
  const folder = privateFolder(process.env, os.homedir(), process.platform);
  const yes = vscode.l10n.t("Install");
  const detail = vscode.l10n.t(
    "A virtual environment is made in {0} with {1}. pip fetches about {2} MB of packages from your Python package index (PyPI unless you configured another) and takes about {3} MB of disk. llama.cpp is built from source where no ready package fits: that takes a C and C++ compiler and about 7 minutes on two cores. No model is fetched yet, and nothing of yours is sent.",
    folder,
    python,
    FETCHED_MB,
    ON_DISK_MB,
  );
  const picked = await vscode.window.showInformationMessage(
    vscode.l10n.t("Install Echo's server?"),
    { modal: true, detail },
    yes,
  );
  if (picked !== yes) return;
  await withProgress(echo, "installing", vscode.l10n.t("Installing Echo's server"), async (said, token) => {
    await install(python, wheel, folder, { said, token, environment: proxyEnvironment() });
  });
  await echo.restart();
}

/** Show what Echo keeps on this machine, and erase it if asked to. */
export async function removeData(echo: Echo): Promise<void> {
  const command = echo.resolution.kind === "found" ? beside(echo.resolution.command) : undefined;
  if (command === undefined) {
    away(echo);
    return;
  }
  try {
    const places = await run(command, ["paths"]);
    const size = await run(command, ["data", "size"]).catch(sentenceOf);
    const yes = vscode.l10n.t("Erase what was recorded");
    const picked = await vscode.window.showWarningMessage(
      vscode.l10n.t("What Echo keeps on this machine"),
      {
        modal: true,
        detail: vscode.l10n.t(
          "{0}\n{1}\nErasing removes the store and its key and switches everything off; there is no way back. Models and settings stay. Uninstalling the extension removes the server that it installed and leaves these places.",
          places,
          size,
        ),
      },
      yes,
    );
    if (picked === yes) await run(command, ["data", "erase", "--all"]);
  } catch (error) {
    tellError(error);
  }
}

/** Do something long that a person asked for, with progress that can be cancelled. */
export async function withProgress(
  echo: Echo,
  kind: "installing" | "pulling",
  title: string,
  work: (said: (line: string) => void, token: vscode.CancellationToken) => Promise<void>,
): Promise<boolean> {
  const before = echo.status.state;
  echo.status.show({ kind, busy: true, message: title });
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  try {
    return await vscode.window.withProgress(options, async (progress, token) => {
      try {
        let percent = 0;
        await work((line) => {
          echo.log.info(line);
          const now = Number(/\((\d+)%\)/.exec(line)?.[1] ?? percent);
          progress.report({ message: line, increment: Math.max(0, now - percent) });
          percent = Math.max(percent, now);
        }, token);
        return true;
      } catch (error) {
        if (!token.isCancellationRequested) await failed(echo, title, sentenceOf(error));
        return false;
      }
    });
  } finally {
    echo.status.show(before);
  }
}

async function failed(echo: Echo, title: string, sentence: string): Promise<void> {
  echo.log.error(sentence);
  const log = vscode.l10n.t("Show the log");
  const offline = vscode.l10n.t("Offline or behind a proxy?");
  const picked = await vscode.window.showErrorMessage(
    vscode.l10n.t("{0} did not work: {1}", title, sentence),
    log,
    offline,
  );
  if (picked === log) echo.log.show();
  if (picked !== offline) return;
  const detail = vscode.l10n.t(
    "Behind a proxy: set VS Code's http.proxy, or HTTPS_PROXY before VS Code starts; pip's own configuration holds, too. Offline: on a machine with a network run `pip download` for the wheel in the extension's folder `server`, install it here with `pip install --no-index --find-links`, and set echo.server.path to its echo-lsp. A model's file can be carried over and added with `echoctl models add FILE`.",
  );
  await vscode.window.showInformationMessage(vscode.l10n.t("Without a direct network"), { modal: true, detail });
}

/** The proxy that VS Code was told of, for programs that it starts. */
export function proxyEnvironment(): NodeJS.ProcessEnv {
  const proxy = vscode.workspace.getConfiguration("http").get<string>("proxy", "");
  return proxy === "" ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
}
