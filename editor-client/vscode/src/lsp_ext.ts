// What Echo's server says and understands beyond LSP 3.18: the other side of
// echo_lsp/protocol_ext.py, as docs/lsp-extensions.md describes it.
//
// protocol_ext.py sha256: 6d1bcd25d7207d548ae4f4ad8d1de492e800ddfb5461f63857851b509ddd2f18
// Change the three together: a test compares the hashes.
import type { Command, InlineCompletionItem, Position, TextDocumentIdentifier } from "vscode-languageclient/node";
import { NotificationType, RequestType, RequestType0 } from "vscode-languageclient/node";

export interface ShownParams {
  item: Pick<InlineCompletionItem, "insertText"> & { command: Command };
}
export const didShowCompletion = new NotificationType<ShownParams>("textDocument/didShowCompletion");

export interface FocusParams {
  textDocument?: TextDocumentIdentifier;
}
export const didFocus = new NotificationType<FocusParams>("textDocument/didFocus");

export interface CursorParams {
  textDocument: TextDocumentIdentifier;
  anchor: Position;
  head: Position;
}
export const didMoveCursor = new NotificationType<CursorParams>("textDocument/didMoveCursor");

export const STATUS_KINDS = ["ready", "loading", "no_model", "error", "off"] as const;
export type StatusKind = (typeof STATUS_KINDS)[number];
export interface StatusParams {
  busy: boolean;
  message: string;
  kind: StatusKind;
}
export const didChangeStatus = new NotificationType<StatusParams>("didChangeStatus");

export const didChangeTelemetry = new NotificationType<{ allowed: boolean }>("echo/didChangeTelemetry");

export interface WhyResult {
  reason: string;
  sentence: string;
  hit: string;
}
export const why = new RequestType0<WhyResult, void>("echo/why");

export type Switch = "record" | "contribute" | "metrics";
export interface SwitchState {
  switch: Switch;
  on: boolean;
  reason: string;
  text: string;
}
export interface ConsentResult {
  switches: SwitchState[];
}
export const consent = new RequestType0<ConsentResult, void>("echo/consent");

export interface SetConsentParams {
  switch: Switch;
  on: boolean;
  workspace?: string;
  right?: boolean;
}
export const setConsent = new RequestType<SetConsentParams, ConsentResult, void>("echo/setConsent");

/** A link to the inspector's pages; it works once, within so many seconds. */
export const dashboard = new RequestType0<{ url: string; seconds: number }, void>("echo/dashboard");

export const ACCEPT_COMMAND = "echo.accept";
