// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { replaceStep } from "../definition/edit";
import { action, workflow } from "../definition/testing";
import * as saving from "../state/saving";
import * as store from "../state/store";
import { restore } from "./History";
import { viewing, viewVersion } from "./viewing";

let answer: (response: Response) => void;
const json = (status: number, body: object) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const old = workflow(action("old"));
const ids = () => store.definition.value.steps.map((step) => step.id);
const tick = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  const data = { workflow: { pk: 1 }, api: "/api/", urls: {}, can: {}, user: {}, theme: "auto", nonce: "" };
  document.body.innerHTML = `<script type="application/json" id="editor-data">${JSON.stringify(data)}</script>`;
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (answer = resolve)));
  store.readOnly.value = false;
  const facts = { pk: 1, code: "w", name: "W", status: "draft", url: "/", live: null };
  saving.begin({ workflow: facts, draft: workflow(action("a")), revision: 1, saved_at: "", saved_by: "", problems: [], connections: [], members: [] });
});

afterEach(() => vi.unstubAllGlobals());

test("nothing can be edited until the server has answered, then the version is the draft", async () => {
  viewVersion(1, old);
  const done = restore(1);
  await tick();
  store.edit("Rename", (draft) => replaceStep(draft, "old", (step) => ({ ...step, name: "Lost" })));
  expect([store.readOnly.value, viewing.value !== null]).toEqual([true, true]);

  answer(json(200, { draft: old, revision: 2, saved_at: "", problems: [] }));
  await done;

  expect([store.readOnly.value, viewing.value, ids(), saving.unsaved()]).toEqual([false, null, ["old"], false]);
  expect(store.definition.value.steps[0]?.name).toBe("old");
  store.undo();
  expect(ids()).toEqual(["a"]);
});

test("a refusal is told with its reason, and the draft can be edited again", async () => {
  const done = restore(1);
  await tick();
  expect(store.readOnly.value).toBe(true);

  answer(json(409, { code: "stale_draft", message: "The draft was changed elsewhere." }));

  await expect(done).rejects.toThrow("The draft was changed elsewhere.");
  expect([store.readOnly.value, ids()]).toEqual([false, ["a"]]);
});
