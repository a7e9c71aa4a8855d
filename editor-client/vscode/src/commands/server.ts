// Installing the server, and removing what Echo keeps.
//
// Rules
//  - Before anything is fetched a person is told what, from where, how big, and says yes.
//  - Where fetching fails the answer names what helps offline and behind a proxy.
import * as os from "node:os";
import * as vscode from "vscode";

import type { Echo } from "../context";
import { beside, ProgramError, run } from "../echoctl";
import { bundledWheel, FETCHED_MB, FETCHED_READY_MB, findPython, install, ON_DISK_MB } from "../install";
import { PipSteps, troubleOf, type Step } from "../pip";
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
    "pip fetches about {0} MB of packages from your Python package index (PyPI unless you configured another) into an environment of Echo's own, made in {1} with {2}. It takes about {3} MB of disk.\n\nWhere no ready package of llama.cpp fits your machine it is about {4} MB, and building it takes a C and C++ compiler and about 7 minutes on two cores.\n\nNo model is fetched yet, and nothing of yours is sent.",
    FETCHED_READY_MB,
    folder,
    python,
    ON_DISK_MB,
    FETCHED_MB,
  );
  const picked = await vscode.window.showInformationMessage(
    vscode.l10n.t("Install Echo's server?"),
    { modal: true, detail },
    yes,
  );
  if (picked !== yes) return;
  const steps = new PipSteps(FETCHED_MB);
  const worked = await withProgress(echo, "installing", vscode.l10n.t("Installing Echo's server"), async (said, token) => {
    said(vscode.l10n.t("making the environment"));
    const wrote = (line: string): void => {
      echo.log.debug(line);
      const step = steps.read(line);
      if (step !== undefined) said(sentenceOfStep(step));
    };
    const heard = (line: string): void => {
      echo.log.info(line);
    };
    const options = { wrote, said: heard, token, environment: proxyEnvironment() };
    await install(python, wheel, folder, options).catch((error: unknown) => {
      throw explained(error);
    });
  });
  if (worked) await echo.restart();
}

function sentenceOfStep(step: Step): string {
  switch (step.kind) {
    case "fetching":
      return vscode.l10n.t("fetching {0} ({1}%)", step.what, step.percent);
    case "building":
      return vscode.l10n.t("building {0}, which takes minutes ({1}%)", step.what, step.percent);
    case "unpacking":
      return vscode.l10n.t("unpacking ({0}%)", step.percent);
  }
}

/** pip's failure as a sentence with what helps; its own last words where they are not understood. */
function explained(error: unknown): unknown {
  const trouble = error instanceof ProgramError ? troubleOf(error.said) : undefined;
  switch (trouble) {
    case "proxy":
      return new Error(vscode.l10n.t("The proxy let no package through: look at VS Code's http.proxy."));
    case "certificate":
      return new Error(
        vscode.l10n.t("The package index's certificate is not trusted: name your own authority's in pip's setting `cert`."),
      );
    case "network":
      return new Error(vscode.l10n.t("The package index cannot be reached: look at the network, then try again."));
    case "room":
      return new Error(vscode.l10n.t("The disk is full: {0} MB are needed.", ON_DISK_MB));
    case "build":
      return new Error(
        vscode.l10n.t("llama.cpp could not be built: install a C and a C++ compiler, then try again. The log has its words."),
      );
    case undefined:
      return error;
  }
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

/** Do something long that a person asked for, with progress that can be cancelled; whether it worked. */
export async function withProgress(
  echo: Echo,
  kind: "installing" | "pulling",
  title: string,
  work: (said: (line: string) => void, token: vscode.CancellationToken) => Promise<void>,
): Promise<boolean> {
  echo.status.show({ kind, busy: true, message: title });
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  let sentence: string | undefined;
  try {
    await vscode.window.withProgress(options, async (progress, token) => {
      let percent = 0;
      const said = (line: string): void => {
        echo.log.info(line);
        const now = Math.max(percent, Number(/\((\d+)%\)/.exec(line)?.[1] ?? 0));
        progress.report({ message: line, increment: now - percent });
        percent = now;
      };
      await work(said, token).catch((error: unknown) => {
        sentence = token.isCancellationRequested ? "" : sentenceOf(error);
      });
    });
  } finally {
    echo.showWhatHolds(); // what the server said meanwhile, not what held before
  }
  if (sentence !== undefined && sentence !== "") void failed(echo, title, sentence);
  return sentence === undefined;
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

/** The proxy that VS Code was told of, for programs that it starts; it wins over the variables. */
export function proxyEnvironment(): NodeJS.ProcessEnv {
  const http = vscode.workspace.getConfiguration("http");
  const proxy = http.get<string>("proxy", "");
  if (proxy === "") return {};
  const without = http.get<string[]>("noProxy", []).join(",");
  const found = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ...(without === "" ? {} : { NO_PROXY: without }) };
  // Python's programs look at the small letters first.
  return { ...found, ...Object.fromEntries(Object.entries(found).map(([name, value]) => [name.toLowerCase(), value])) };
}
