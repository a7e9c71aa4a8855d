// One run of the language server: the client, with what Echo hears and says beside LSP.
//
// Left out: which server (`resolve`), when it is started again (`context`), what is shown of it.
import * as vscode from "vscode";
import type { ErrorHandler, LanguageClientOptions, Middleware } from "vscode-languageclient/node";
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn } from "vscode-languageclient/node";

import type { Bookkeeping, Proposal } from "./bookkeeping";
import * as ext from "./lsp_ext";

/**
 * Documents that Echo follows. Notebook cells are none of them: what is never recorded is decided by
 * a file's path (.echoignore), and a cell's address has another form.
 */
export const SELECTOR = [
  { scheme: "file" },
  { scheme: "untitled" },
  { scheme: "vscode-scm" }, // the commit message
];

export interface Hearing {
  readonly status: (status: ext.StatusParams) => void;
  readonly closed: () => void;
  readonly answered: () => void;
  readonly accepted: (id: string) => void;
}

export function makeClient(
  command: string,
  log: vscode.LogOutputChannel,
  books: Bookkeeping,
  hearing: Hearing,
): LanguageClient {
  const errorHandler: ErrorHandler = {
    error: () => ({ action: ErrorAction.Continue, handled: true }),
    closed: () => {
      hearing.closed();
      return { action: CloseAction.DoNotRestart, handled: true }; // the context starts a new one
    },
  };
  const options: LanguageClientOptions = {
    documentSelector: SELECTOR,
    outputChannel: log,
    traceOutputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: { reportsShown: true, telemetry: telemetryAllowed() },
    initializationFailedHandler: () => false,
    errorHandler,
    middleware: middleware(books, hearing),
  };
  const client = new LanguageClient("echo", "Echo", { command }, options);
  client.onNotification(ext.didChangeStatus, hearing.status);
  return client;
}

function middleware(books: Bookkeeping, hearing: Hearing): Middleware {
  return {
    provideInlineCompletionItems: async (document, position, context, token, next) => {
      const answer = await next(document, position, context, token);
      if (answer !== null && answer !== undefined && !token.isCancellationRequested) {
        const items = Array.isArray(answer) ? answer : answer.items;
        const first = items.map(proposalOf).find((each) => each !== undefined);
        const at = document.offsetAt(items[0]?.range?.start ?? position);
        books.answered(String(document.uri), at, first, Date.now(), context.selectedCompletionInfo?.text);
        hearing.answered();
      }
      return answer;
    },
    // VS Code runs an item's command when it was taken whole; the client sends it to the server.
    executeCommand: async (command, words: unknown[], next) => {
      const [id] = words;
      if (command === ext.ACCEPT_COMMAND && typeof id === "string") hearing.accepted(id);
      await new Promise(setImmediate); // behind the edit that it is about (`watching`)
      return (await next(command, words)) as unknown;
    },
  };
}

/** What the editor lets leave: its own telemetry setting and ours, the stricter one. */
export function telemetryAllowed(): boolean {
  const ours = vscode.workspace.getConfiguration("echo").get<boolean>("telemetry.allowed", true);
  return vscode.env.isTelemetryEnabled && ours;
}

/** The proposal behind an item: its id travels in the arguments of the item's command. */
function proposalOf(item: vscode.InlineCompletionItem): Proposal | undefined {
  const id: unknown = item.command?.command === ext.ACCEPT_COMMAND ? item.command.arguments?.[0] : undefined;
  const text = typeof item.insertText === "string" ? item.insertText : item.insertText.value;
  return typeof id === "string" ? { id, text } : undefined;
}
