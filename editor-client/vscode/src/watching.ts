// Tells the server what VS Code's documents and cursors do beyond LSP: focus, moves, what was shown.
//
// Left out: what counts as shown (`bookkeeping`).
//
// Rules
//  - A selection that moved together with an edit is not told: the edit says it.
//  - The client sends an edit some turns of the event loop after VS Code told of it. What refers to
//    the text is sent later than that, so that it never overtakes an edit.
import * as vscode from "vscode";
import type { NotificationType } from "vscode-languageclient/node";

import { SHOWN_AFTER_MS, type Bookkeeping } from "./bookkeeping";
import { SELECTOR } from "./client";
import * as ext from "./lsp_ext";

const MOVE_MS = 50; // a cursor that rests, or a selection that is drawn, is told this often

export class Watching implements vscode.Disposable {
  readonly #disposables: { dispose(): unknown }[];
  readonly #versions = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #moving: NodeJS.Timeout | undefined;
  #typed: { readonly document: vscode.TextDocument; readonly version: number; readonly end: number } | undefined;

  constructor(
    private readonly books: Bookkeeping,
    private readonly tell: (method: string, params: unknown) => void,
    private readonly shown: (id: string) => void,
  ) {
    this.#disposables = [
      vscode.window.onDidChangeActiveTextEditor((event) => {
        this.focused(event);
      }),
      vscode.window.onDidChangeTextEditorSelection((event) => {
        this.moved(event);
      }),
      vscode.workspace.onDidChangeTextDocument((event) => {
        this.changed(event);
      }),
      vscode.workspace.onDidCloseTextDocument((event) => {
        this.closed(event);
      }),
    ];
    this.focused(vscode.window.activeTextEditor);
  }

  /** Say again what is in front: a server that was started again knows nothing of it. */
  again(): void {
    this.focused(vscode.window.activeTextEditor);
  }

  /** Who typed while no answer could be given is answered now, as if the last key came now. */
  becameReady(): void {
    const editor = vscode.window.activeTextEditor;
    const typed = this.#typed;
    if (editor === undefined || typed?.document !== editor.document || typed.version !== editor.document.version) return;
    if (editor.document.offsetAt(editor.selection.active) !== typed.end) return;
    void vscode.commands.executeCommand("editor.action.inlineSuggest.trigger", { explicit: false });
  }

  /** A proposal was handed to the editor: look at it again when it may count as shown. */
  lookSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const proposal of this.books.due(Date.now())) {
        this.shown(proposal.id);
        const command = { title: "Accept", command: ext.ACCEPT_COMMAND, arguments: [proposal.id] };
        this.#tell(ext.didShowCompletion, { item: { insertText: proposal.text, command } });
      }
      if (this.books.waiting) this.lookSoon();
    }, SHOWN_AFTER_MS);
  }

  private focused(editor: vscode.TextEditor | undefined): void {
    const followed = editor !== undefined && vscode.languages.match(SELECTOR, editor.document) > 0;
    const uri = followed ? String(editor.document.uri) : undefined;
    this.books.focused(uri);
    setImmediate(() => {
      this.#tell(ext.didFocus, uri === undefined ? {} : { textDocument: { uri } });
    });
  }

  private moved(event: vscode.TextEditorSelectionChangeEvent): void {
    const { document, selection } = event.textEditor;
    const uri = String(document.uri);
    const before = this.#versions.get(uri);
    this.#versions.set(uri, document.version);
    if ((before !== undefined && before !== document.version) || !this.#follows(document)) return;
    this.books.moved(uri, document.offsetAt(selection.active));
    const { version } = document;
    clearTimeout(this.#moving);
    this.#moving = setTimeout(() => {
      if (document.isClosed || document.version !== version) return; // an edit came, which says more
      const { anchor, active } = selection;
      this.#tell(ext.didMoveCursor, {
        textDocument: { uri },
        anchor: { line: anchor.line, character: anchor.character },
        head: { line: active.line, character: active.character },
      });
    }, MOVE_MS);
  }

  private changed(event: vscode.TextDocumentChangeEvent): void {
    const changes = event.contentChanges.map((change) => ({
      offset: change.rangeOffset,
      length: change.rangeLength,
      text: change.text,
    }));
    this.books.changed(String(event.document.uri), changes);
    const last = changes.at(-1);
    if (last !== undefined) {
      const { document } = event;
      this.#typed = { document, version: document.version, end: last.offset + last.text.length };
    }
  }

  private closed(document: vscode.TextDocument): void {
    const uri = String(document.uri);
    this.#versions.delete(uri);
    if (this.#typed?.document === document) this.#typed = undefined;
    this.books.closed(uri);
  }

  #follows(document: vscode.TextDocument): boolean {
    return vscode.languages.match(SELECTOR, document) > 0;
  }

  #tell<P>(type: NotificationType<P>, params: P): void {
    this.tell(type.method, params);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#moving);
    for (const each of this.#disposables) each.dispose();
  }
}
