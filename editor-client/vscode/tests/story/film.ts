// Pictures for the documents, taken by the story itself where ECHO_PICTURES names a folder.
import * as fs from "node:fs";
import * as path from "node:path";
import { applyPalette, GIFEncoder, quantize } from "gifenc";
import { PNG } from "pngjs";

import type { Window } from "./window";

const FOLDER = process.env["ECHO_PICTURES"] ?? "";
const COLOURS = 64; // enough for an editor, and a third of the bytes of 256
const CLIP = { x: 303, y: 30, width: 500, height: 200 };

/** One picture of the whole window. */
export async function picture(window: Window, name: string): Promise<void> {
  if (FOLDER !== "") await window.page.screenshot({ path: path.join(FOLDER, `${name}.png`), animations: "disabled" });
}

/** Pictures of the text, one after the other. */
export class Film {
  readonly #frames: { png: PNG; delay: number }[] = [];

  constructor(private readonly window: Window) {}

  async frame(delay = 120): Promise<void> {
    if (FOLDER === "") return;
    const taken = await this.window.page.screenshot({ clip: CLIP, animations: "disabled" });
    this.#frames.push({ png: PNG.sync.read(taken), delay });
  }

  save(name: string): void {
    if (FOLDER === "") return;
    const gif = GIFEncoder();
    for (const { png, delay } of this.#frames) {
      const palette = quantize(png.data, COLOURS);
      gif.writeFrame(applyPalette(png.data, palette), png.width, png.height, { palette, delay });
    }
    gif.finish();
    fs.writeFileSync(path.join(FOLDER, name), gif.bytes());
  }
}
