// A day with Echo in a real VS Code, a fake engine behind the real server and daemon. Each step is
// looked for on the screen and in the store.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { Film, picture } from "./film";
import { House, noEditor } from "./house";
import type { Window } from "./window";

// Every line begins with another letter and has nothing before and behind it: what is proposed at a
// line's first key is what is proposed at its last.
const BOOK = [
  "def add(left, right):\n    return left + right",
  "size = count * width",
  "total = add(first, second)",
  "label = make_label(size)",
  "price = total * rate",
  "unit = price / people",
  "other = find_other(unit)",
  "hidden = secret_of(other)",
  "knight = castle(hidden)",
  "again = repeat(other)",
  "mouse = cat(hidden)",
  "north = south(hidden)",
  "",
].join("\n\n");

const NOTEBOOK = JSON.stringify({
  cells: [{ cell_type: "code", execution_count: null, id: "a", metadata: {}, outputs: [], source: [""] }],
  metadata: { language_info: { name: "python" } },
  nbformat: 4,
  nbformat_minor: 5,
});

let house: House;
let window: Window;

/** Run what a person does, and wait for what the store then holds beyond what it held. */
async function recorded(deeds: () => Promise<void>, outcomes: readonly string[]): Promise<void> {
  const before = (await house.outcomes()).length;
  await deeds();
  await house.outcomesAre(before, outcomes);
}

describe("a day", { skip: noEditor === "" ? false : noEditor }, () => {
  before(async () => {
    house = await House.open({ files: { "a.py": "def add(left, right):\n    ", "b.py": "", "c.py": "", "n.ipynb": NOTEBOOK }, book: BOOK });
    window = await house.window();
  });

  afterEach(async (context) => {
    await house.photograph(context.name);
  });

  after(async () => {
    await house.close();
  });

  test("nothing is recorded before somebody decided so", async () => {
    await window.open("a.py");
    await window.press("Control+End");
    await window.type("retu");
    await window.ghostIs("rn left + right");
    await window.press("Tab");
    await window.lineIs("    return left + right");
    assert.deepEqual(await house.events(), []);
  });

  test("the choice is shown in words, and nothing is preselected", async () => {
    await window.command("Echo: Record on This Machine…");
    await window.page.locator(".monaco-editor .view-line", { hasText: "Echo may record on this machine" }).waitFor();
    await window.input().waitFor();
    assert.equal(await window.page.locator(".quick-input-list .monaco-list-row.focused").count(), 0);
    await window.press("Enter"); // answers nothing
    assert.deepEqual(await window.listed(), ["Yes, switch it on", "No, leave or switch it off"]);
    await picture(window, "vscode-consent");
    await window.pick("Yes, switch it on");
    await window.page.locator(".statusbar-item", { hasText: "You switched it on" }).waitFor();
    assert.match(await house.echoctl("consent", "show"), /recording: on/);
  });

  test("Tab takes all of it", async () => {
    await window.open("b.py");
    await recorded(async () => {
      const film = new Film(window);
      for (const key of "size = c") {
        await window.type(key);
        await film.frame();
      }
      await window.ghostIs("ount * width");
      await film.frame(1_200);
      await window.press("Tab");
      await window.lineIs("size = count * width");
      await film.frame(1_800);
      film.save("vscode.gif");
    }, ["shown", "accepted"]);
  });

  test("a word of it, and then the rest", async () => {
    await window.press("Enter");
    await recorded(async () => {
      await window.type("total = ");
      await window.ghostIs("add(first, second)");
      await window.press("Control+ArrowRight");
      await window.ghostIs("(first, second)");
      await window.lineIs("total = add");
      await window.press("Tab");
      await window.lineIs("total = add(first, second)");
    }, ["shown", "partial …add", "accepted"]);
  });

  test("Esc refuses, and typing something else says so", async () => {
    await window.press("Enter");
    await recorded(async () => {
      await window.type("label = ");
      await window.ghostIs("make_label(size)");
      await settled();
      await window.press("Escape");
      await window.ghostIsGone();
      await window.type("77"); // stands nowhere in the book: nothing more is proposed
      await window.lineIs("label = 77");
    }, ["shown", "dismissed"]);
  });

  test("backspace takes it away and brings it back", async () => {
    await window.press("Enter");
    await recorded(async () => {
      await window.type("price = t");
      await window.ghostIs("otal * rate");
      await settled();
      await window.press("Backspace");
      await window.ghostIs("total * rate");
      await window.press("Tab");
      await window.lineIs("price = total * rate");
    }, ["shown", "dismissed", "shown", "accepted"]);
  });

  test("undo takes back what was accepted, and the log says undone", async () => {
    await window.press("Control+z");
    await window.lineIs("price = ");
    await until("an edit that was undone", async () =>
      (await house.events()).some((event) => event.kind === "edit" && event["origin"] === "undone"),
    );
    await window.press("Control+y");
    await window.lineIs("price = total * rate");
  });

  test("what is typed as proposed keeps its ghost text to the end", async () => {
    await window.press("Control+End", "Enter");
    await recorded(async () => {
      await window.type("unit = ");
      await window.ghostIs("price / people");
      await settled();
      for (const key of "price / people") {
        await window.type(key);
      }
      await window.lineIs("unit = price / people");
      await window.ghostIsGone();
    }, ["shown", "typed_through"]);
  });

  test("another file comes to the front", async () => {
    await window.press("Enter");
    await recorded(async () => {
      await window.type("other = ");
      await window.ghostIs("find_other(unit)");
      await settled();
      await window.open("a.py");
    }, ["shown", "dismissed"]);
    const focused = (await house.events()).filter((event) => event.kind === "focus").map((event) => event["doc"]);
    assert.match(String(focused.at(-1)), /a\.py$/);
    await window.open("b.py");
  });

  test("snoozed Echo is silent, says so, and answers by hand", async () => {
    await window.press("Control+End", "Enter");
    await window.command("Echo: Snooze…");
    await window.pick("30 minutes");
    await window.status("Snoozed");
    await window.type("hidden = ");
    await silentFor("snoozed");
    await window.command("Echo: Why No Suggestion?");
    assert.match(await window.message("Echo is snoozed"), /asking by hand still works/);
    assert.equal(await window.ghost().count(), 0);
    await window.focusEditor();
    await window.press("Alt+\\");
    await window.ghostIs("secret_of(other)");
    await window.press("Escape");
    await window.command("Echo: Wake");
    await window.status("ready");
  });

  test("the menu tells what holds, and everything in it has its command", async () => {
    await window.page.locator("#echo-completion\\.echo-completion\\.echo\\.status").click();
    const listed = await window.listed();
    await picture(window, "vscode-menu");
    for (const entry of ["Why no suggestion?", "Today in this window", "Snooze…", "Pause recording", "Forget the last 10 minutes…", "Open the inspector", "Choose a model…"]) {
      assert.ok(listed.some((each) => each.includes(entry)), entry);
    }
    await window.type("log"); // the list goes on below
    await window.until("the log", async () => (await window.listed()).some((each) => each.includes("Show the log")));
    await window.press("Escape");
  });

  test("switched off for a language, and for the workspace", async () => {
    await window.command("Echo: Switch Completion On or Off for This Language");
    await window.focusEditor();
    await window.press("Control+End", "Enter");
    await window.type("knight = ");
    await silentFor("off");
    await window.command("Echo: Why No Suggestion?");
    assert.match(await window.message("Echo:"), /switched off for this language/);
    await window.command("Echo: Switch Completion On or Off for This Language");
    await window.focusEditor();
    await window.press("Backspace", "Space");
    await window.ghostIs("castle(hidden)");
    await window.command("Echo: Switch Completion On or Off in This Workspace");
    await window.status("switched off");
    await window.command("Echo: Switch Completion On or Off in This Workspace");
    await window.status("ready");
  });

  test("a second window shares the daemon, and its trace plays to the same samples", async () => {
    const before = await sessions();
    const second = await house.window();
    await second.open("c.py");
    await second.type("again = ");
    await second.ghostIs("repeat(other)");
    await second.press("Tab");
    await second.lineIs("again = repeat(other)");
    await second.press("Enter");
    await second.type("unit = ");
    await second.ghostIs("price / people");
    await second.press("Control+ArrowRight");
    await second.lineIs("unit = price");
    await second.type(" + 77");
    await second.lineIs("unit = price + 77");
    await second.press("Control+s");
    await second.page.locator(".tab.active.dirty").waitFor({ state: "detached" });
    await second.press("Control+w");
    await second.page.locator(".tab", { hasText: "c.py" }).waitFor({ state: "detached" });
    const kinds = (await house.processes()).map((each) => each.kind).sort();
    assert.deepEqual(kinds, ["echo-lsp", "echo-lsp", "echo_daemon", "fake_engine"]);
    const [own, ...more] = [...(await sessions())].filter((each) => !before.has(each));
    assert.ok(own !== undefined && more.length === 0, "each window has a session of its own");
    await second.page.close();
    await until("one server", async () => (await house.processes()).filter((each) => each.kind === "echo-lsp").length === 1);
    const samples = await house.playedAgain(own);
    assert.ok(samples.some((each) => each.accepted > 0 && each.kept > 0));
  });

  test("the daemon is killed, and completion goes on", async () => {
    const daemon = (await house.processes()).find((each) => each.kind === "echo_daemon");
    assert.ok(daemon !== undefined);
    process.kill(daemon.pid, "SIGKILL");
    await until("another daemon", async () =>
      (await house.processes()).some((each) => each.kind === "echo_daemon" && each.pid !== daemon.pid),
    );
    await window.status("ready");
    await window.focusEditor();
    await window.press("Control+End", "Enter");
    await recorded(async () => {
      await window.type("mouse = ");
      await window.ghostIs("cat(hidden)");
      await window.press("Tab");
      await window.lineIs("mouse = cat(hidden)");
    }, ["shown", "accepted"]);
  });

  test("recording pauses at once, and goes on when asked", async () => {
    await window.command("Echo: Pause Recording");
    await window.page.locator(".statusbar-item", { hasText: "You switched it off" }).waitFor();
    const before = (await house.events()).length;
    await window.focusEditor();
    await window.press("Control+End", "Enter");
    await window.type("north = ");
    await window.ghostIs("south(hidden)");
    await window.press("Tab");
    assert.equal((await house.events()).length, before);
  });

  test("the inspector's link is handed over where a window would lead to another name", async () => {
    await window.command("Echo: Open the Inspector");
    const toast = window.toast("answers on the machine where Echo runs");
    await toast.waitFor();
    await picture(window, "vscode-inspector");
    await toast.locator(".monaco-button", { hasText: "Copy the link" }).click();
    await toast.waitFor({ state: "detached" });
    let link = "";
    await window.until("the link in the clipboard", async () => {
      link = await window.page.evaluate(() => navigator.clipboard.readText());
      return link !== "";
    });
    const inspector = await window.page.context().newPage();
    await inspector.goto(link);
    await inspector.getByRole("link", { name: "Overview" }).waitFor();
    await inspector.close();
  });

  test("a notebook is not followed, and why is said", async () => {
    await window.press("Control+P");
    await window.input().waitFor();
    await window.page.keyboard.type("n.ipynb");
    await window.page.locator(".quick-input-list .monaco-list-row.focused", { hasText: "n.ipynb" }).waitFor();
    await window.press("Enter");
    await window.page.locator(".notebook-editor .cell .monaco-editor .view-line").first().click();
    await window.page.locator(".notebook-editor .monaco-editor.focused").waitFor();
    await window.type("size = c");
    await window.command("Echo: Why No Suggestion?");
    assert.match(await window.message("Echo:"), /does not follow notebooks/);
    assert.equal(await window.ghost().count(), 0);
    assert.ok(!(await house.events()).some((event) => String(event["doc"]).includes("n.ipynb")));
    await window.command("View: Revert and Close Editor");
  });

  test("what was recorded is mined alike again, and a trace of it plays to the same texts", async () => {
    await house.echoctl("consent", "record", "on");
    assert.match(await house.echoctl("mine", "--rebuild"), / 0 of them differ/);
    const trace = `${house.folder}/trace.jsonl`;
    await house.echoctl("trace", "export", "-o", trace);
    assert.match(await house.echoctl("trace", "replay", trace, "--no-model", "--speed", "max"), /\(equal\)/);
  });

  test("the last ten minutes are forgotten", async () => {
    await window.command("Echo: Forget the Last 10 Minutes…");
    assert.match(await window.answer("Forget"), /removed from the store/);
    await window.message("Echo:");
    const since = Date.now() - 600_000; // on a busy machine the day was longer
    const left = (await house.events()).filter((event) => event.kind === "outcome");
    assert.ok(left.every((event) => Number(event["at_ms"]) < since));
  });
});

async function sessions(): Promise<Set<string>> {
  return new Set((await house.events()).map((event) => event.session));
}

/** Wait until the store knows that what stands was shown: its rule needs a moment of standing. */
async function settled(): Promise<void> {
  await until("a shown proposal", async () => (await house.outcomes()).at(-1) === "shown");
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  await window.until(what, holds, 500); // what is asked of the store starts a Python each time
}

/** Wait until the store holds a request that ended in silence for this reason. */
async function silentFor(reason: string): Promise<void> {
  await until(`silence: ${reason}`, async () => {
    const answers = (await house.events()).filter((event) => event.kind === "proposal");
    return answers.at(-1)?.["reason"] === reason;
  });
}
