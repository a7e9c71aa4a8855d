// One window of VS Code as a person has it: keys in, what stands on the screen out.
//
// Rules
//  - Whatever is read is waited for, never slept for.
import type { Locator, Page } from "playwright-core";

const GHOST = ".ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text";
const WAITS_MS = 60_000;

export class Window {
  constructor(readonly page: Page) {
    page.setDefaultTimeout(WAITS_MS);
  }

  async untilReady(): Promise<void> {
    await this.page.locator(".monaco-workbench").waitFor();
    await this.status("ready");
  }

  /** Wait for the status item to say this. */
  async status(word: string): Promise<void> {
    await this.page.locator(`#echo-completion\\.echo-completion\\.echo\\.status [aria-label*="${word}"]`).first().waitFor();
  }

  async open(file: string): Promise<void> {
    await this.page.keyboard.press("Control+P");
    await this.input().waitFor();
    await this.page.keyboard.type(file);
    await this.page.locator(".quick-input-list .monaco-list-row.focused", { hasText: file }).waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(".tab.active", { hasText: file }).waitFor();
    await this.page.locator(".monaco-editor.focused .view-line").first().waitFor();
  }

  /** Run a command by its title, from the palette. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.input().waitFor();
    await this.page.keyboard.type(title);
    await this.page.locator(".quick-input-list .monaco-list-row.focused", { hasText: title }).waitFor();
    await this.page.keyboard.press("Enter");
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 30 });
  }

  ghost(): Locator {
    return this.page.locator(".monaco-editor.focused").locator(GHOST);
  }

  /** Wait for ghost text that reads so. */
  async ghostIs(text: string): Promise<void> {
    await this.until(`ghost text ${JSON.stringify(text)}`, async () => (await this.ghostText()) === text);
  }

  async ghostIsGone(): Promise<void> {
    await this.until("no ghost text", async () => (await this.ghost().count()) === 0);
  }

  async ghostText(): Promise<string> {
    return plain((await this.ghost().allTextContents()).join(""));
  }

  /** Wait until the text of the editor in front holds this line, ghost text aside. */
  async lineIs(text: string): Promise<void> {
    await this.until(`a line ${JSON.stringify(text)}`, async () => (await this.lines()).includes(text));
  }

  async lines(): Promise<string[]> {
    const rows = this.page.locator(".monaco-editor.focused .view-line");
    const found = await rows.evaluateAll(
      (all, ghost) =>
        all.map((row) => {
          const copy = row.cloneNode(true) as Element;
          for (const each of copy.querySelectorAll(ghost)) each.remove();
          return copy.textContent;
        }),
      GHOST,
    );
    return found.map(plain);
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + WAITS_MS;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}; ghost text: ${await this.ghostText()}`);
      await this.page.waitForTimeout(30);
    }
  }

  private input(): Locator {
    return this.page.locator(".quick-input-widget:not([style*='display: none']) input");
  }
}

function plain(text: string): string {
  return text.replaceAll("\u00a0", " ").replaceAll("\u200b", "");
}
