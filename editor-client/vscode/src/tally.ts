// What this window saw today: shown, accepted, characters. For a glance; the inspector has the rest.
//
// Left out: the clock (a day's name comes in), what counts as shown (`bookkeeping`).

export interface Today {
  readonly shown: number;
  readonly accepted: number;
  readonly chars: number;
}

const NOTHING: Today = { shown: 0, accepted: 0, chars: 0 };

export class Tally {
  #day = "";
  #today = NOTHING;
  readonly #shown = new Set<string>();

  /** A proposal was seen; accepting it proves that, too. */
  shown(day: string, id: string): void {
    const today = this.of(day);
    if (this.#shown.has(id)) return;
    this.#shown.add(id);
    this.#today = { ...today, shown: today.shown + 1 };
  }

  accepted(day: string, id: string, chars: number): void {
    this.shown(day, id);
    const today = this.of(day);
    this.#today = { ...today, accepted: today.accepted + 1, chars: today.chars + chars };
  }

  of(day: string): Today {
    if (day !== this.#day) {
      this.#day = day;
      this.#today = NOTHING;
      this.#shown.clear();
    }
    return this.#today;
  }
}
