// One window of VS Code as a person has it: keys in, what stands on the screen out.
//
// Rules
//  - Whatever is read is waited for, never slept for.
import type { Locator, Page } from "playwright-core";

const GHOST = ".ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text";
export const WAITS_MS = Number(process.env["WAITS_MS"] ?? 300_000); // for what never comes: a busy machine is slow

const ITEM = "#echo-completion\\.echo-completion\\.echo\\.status";
const RELOADS_AFTER_MS = 90_000;
const ASKS_BY_HAND_MS = 20_000; // as a person does who waits for something

export class Window {
  constructor(readonly page: Page) {
    page.setDefaultTimeout(WAITS_MS);
  }

  async untilReady(state: string): Promise<void> {
    const deadline = Date.now() + WAITS_MS;
    await this.page.locator(".monaco-workbench").waitFor();
    // On a starved machine VS Code was seen to leave the extensions of a window out: it is loaded again.
    while (!(await this.#hasItemWithin(RELOADS_AFTER_MS)) && Date.now() < deadline) {
      await this.page.reload({ waitUntil: "commit" });
    }
    await this.status(state);
  }

  async #hasItemWithin(timeout: number): Promise<boolean> {
    return this.page.locator(ITEM).waitFor({ timeout }).then(() => true, () => false);
  }

  /** Wait for the status item to say this. */
  async status(word: string, timeout = WAITS_MS): Promise<void> {
    await this.page.locator(`${ITEM} [aria-label*="${word}"]`).first().waitFor({ timeout });
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

  /** Pick an entry of the list that is open, by its label. */
  async pick(label: string): Promise<void> {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: label }).first();
    await row.waitFor();
    await row.click();
  }

  /** What the list that is open says. */
  async listed(): Promise<string[]> {
    const names = this.page.locator(".quick-input-list .monaco-list-row .label-name");
    await names.first().waitFor();
    return (await names.allTextContents()).map(plain);
  }

  /** Answer the question in the middle of the window; its text. */
  async answer(button: string): Promise<string> {
    const box = this.page.locator(".monaco-dialog-box");
    await box.waitFor();
    const text = await box.locator(".dialog-message-row").innerText();
    await box.locator(".monaco-button", { hasText: button }).click();
    await box.waitFor({ state: "detached" });
    return text;
  }

  /** The message in the corner that holds these words. */
  toast(words: string | RegExp): Locator {
    return this.page.locator(".notification-toast", { hasText: words }).first();
  }

  /** The newest message in the corner that holds these words; it is closed. */
  async message(words: string): Promise<string> {
    const toast = this.toast(words);
    await toast.waitFor();
    const text = await toast.innerText();
    await this.command("Notifications: Clear All Notifications");
    await toast.waitFor({ state: "detached" });
    return text;
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 30 });
  }

  /** Back to the text, from wherever a command left the keyboard. */
  async focusEditor(): Promise<void> {
    await this.command("View: Focus Active Editor Group");
    await this.page.locator(".monaco-editor.focused").waitFor();
  }

  ghost(): Locator {
    return this.page.locator(".monaco-editor.focused").locator(GHOST);
  }

  /** Wait for ghost text that reads so. */
  async ghostIs(text: string): Promise<void> {
    const asksAt = Date.now() + ASKS_BY_HAND_MS;
    let asked = false;
    await this.until(`ghost text ${JSON.stringify(text)}`, async () => {
      if (!asked && Date.now() > asksAt) {
        asked = true; // VS Code lets an answer fall that came late, and asks again at the next key only
        await this.page.keyboard.press("Alt+\\");
      }
      return (await this.ghostText()) === text;
    });
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

  async until(what: string, holds: () => Promise<boolean>, everyMs = 30): Promise<void> {
    const deadline = Date.now() + WAITS_MS;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}; ghost text: ${await this.ghostText()}`);
      await this.page.waitForTimeout(everyMs);
    }
  }

  input(): Locator {
    return this.page.locator(".quick-input-widget:not([style*='display: none']) input");
  }
}

function plain(text: string): string {
  return text.replaceAll("\u00a0", " ").replaceAll("\u200b", "");
}
