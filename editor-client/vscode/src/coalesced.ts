// Runs an operation so that at most one runs and at most one waits: whoever asks while one waits
// shares it. Restarts asked for by five changed settings are one restart.

export class Coalesced {
  #running: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;

  constructor(private readonly operation: () => Promise<void>) {}

  /** Ends when a run that began after this call has ended. */
  run(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.operation().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#waiting ??= this.#running
      .catch(() => undefined) // whoever asked for that one was told
      .then(() => {
        this.#waiting = undefined;
        return this.run();
      });
    return this.#waiting;
  }
}
