// When a proposal counts as shown: docs/adr/0001-what-shown-means.md, for an editor that tells.
//
// VS Code gives an extension no event for it. What is known here, and not by the server, is whether
// the answer came in time, whether a menu hides it, and whether its editor is in front; with that,
// a proposal is shown when it stood uncontradicted for `SHOWN_AFTER_MS`.
//
// Left out: the clock, VS Code, the messages. What was accepted is told by the item's command, and
// in part by the edit that it makes: the server infers that from every client alike.
//
// Rules
//  - Offsets are UTF-16 units, as VS Code counts them.
//  - Only the newest answer for a document stands, and each proposal is told once.

export const SHOWN_AFTER_MS = 250; // limits.SHOWN_AFTER_MS of the server

export interface Proposal {
  readonly id: string;
  readonly text: string;
}

export interface Change {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

interface Standing {
  readonly proposal: Proposal;
  readonly since: number;
  at: number; // where the rest of it begins
  rest: string;
}

const TOLD_MAX = 256; // ids that are remembered, so that none is told twice; a window has a few alive

export class Bookkeeping {
  readonly #standing = new Map<string, Standing>();
  readonly #told = new Set<string>();
  readonly #texts = new Map<string, string>();
  #front: string | undefined;

  /** Another document came to the front; none when the focus went elsewhere. */
  focused(doc: string | undefined): void {
    if (this.#front !== undefined && this.#front !== doc) this.#standing.delete(this.#front);
    this.#front = doc;
  }

  /** An answer was handed to the editor. `selected` is what a menu would put in, if one is open. */
  answered(doc: string, at: number, first: Proposal | undefined, now: number, selected?: string): void {
    if (first !== undefined) this.#remember(first);
    if (first === undefined || doc !== this.#front || this.#told.has(first.id)) {
      this.#standing.delete(doc);
    } else if (selected !== undefined && !first.text.startsWith(selected)) {
      this.#standing.delete(doc); // VS Code draws nothing that its menu contradicts
    } else {
      // An answer under the same id goes on with what stands: its time goes on, too.
      const before = this.#standing.get(doc);
      const since = before?.proposal.id === first.id ? before.since : now;
      this.#standing.set(doc, { proposal: first, since, at, rest: first.text });
    }
  }

  /** The document was edited: typing what stands there goes on with it, all else contradicts it. */
  changed(doc: string, changes: readonly Change[]): void {
    const standing = this.#standing.get(doc);
    if (standing === undefined || changes.length === 0) return;
    const [change] = changes;
    const goesOn =
      changes.length === 1 &&
      change?.length === 0 &&
      change.offset === standing.at &&
      standing.rest.startsWith(change.text);
    if (!goesOn) {
      this.#standing.delete(doc);
      return;
    }
    standing.at += change.text.length;
    standing.rest = standing.rest.slice(change.text.length);
    if (standing.rest === "") this.#standing.delete(doc); // the server knows what that was
  }

  /** The cursor went elsewhere without an edit. */
  moved(doc: string, to: number): void {
    if (this.#standing.get(doc)?.at !== to) this.#standing.delete(doc);
  }

  /** The document is gone. */
  closed(doc: string): void {
    this.#standing.delete(doc);
  }

  /** How long an accepted proposal is; 0 where it is not known any more. */
  length(id: string): number {
    return this.#texts.get(id)?.length ?? 0;
  }

  #remember(proposal: Proposal): void {
    this.#texts.set(proposal.id, proposal.text);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > TOLD_MAX && oldest !== undefined) this.#texts.delete(oldest);
  }

  /** Whether anything stands that may yet count as shown. */
  get waiting(): boolean {
    return this.#standing.size > 0;
  }

  /** What has stood for long enough by now; each is named once. */
  due(now: number): Proposal[] {
    const found: Proposal[] = [];
    for (const [doc, standing] of this.#standing) {
      if (now - standing.since >= SHOWN_AFTER_MS) {
        this.#standing.delete(doc);
        this.#told.add(standing.proposal.id);
        found.push(standing.proposal);
      }
    }
    for (const id of this.#told) {
      if (this.#told.size <= TOLD_MAX) break;
      this.#told.delete(id);
    }
    return found;
  }
}
