// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { State } from "../api/types";
import { insert, replaceStep } from "../definition/edit";
import { action, workflow } from "../definition/testing";
import type { Definition } from "../definition/types";
import * as saving from "./saving";
import { leave, viewVersion } from "../versions/viewing";
import * as store from "./store";

/** A server with one draft, as the real one answers. */
class Server {
  draft: Definition = workflow(action("a"), action("b"));
  revision = 1;
  calls = 0;
  broken: (() => Response | Promise<never>) | null = null;

  readonly fetch = async (address: URL, init: RequestInit): Promise<Response> => {
    if (this.broken) return this.broken();
    if (String(address).endsWith("state")) return this.answer(200, this.state());
    this.calls++;
    const sent = JSON.parse(String(init.body)) as { definition: Definition; revision: number };
    if (sent.revision !== this.revision) {
      const stale = { code: "stale_draft", message: "Changed elsewhere.", draft: this.draft, revision: this.revision, saved_by: "ann", changes: [] };
      return this.answer(409, stale);
    }
    this.draft = sent.definition;
    return this.answer(200, { revision: ++this.revision, saved_at: "2026-01-01T00:00:00Z", problems: [] });
  };

  state(): State {
    const facts = { pk: 1, code: "w", name: "W", status: "draft", url: "/", live: null };
    return { workflow: facts, draft: this.draft, revision: this.revision, saved_at: "", saved_by: "ann", problems: [], connections: [], members: [] };
  }

  answer(status: number, body: object): Response {
    return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
  }
}

let server: Server;
let stop: () => void;
const rename = (id: string, name: string) => store.edit(`Rename ${id}`, (draft) => replaceStep(draft, id, (step) => ({ ...step, name })));
const name = (draft: Definition, index: number) => draft.steps[index]?.name;

beforeEach(() => {
  vi.useFakeTimers();
  const data = { workflow: { pk: 1 }, api: "/api/", urls: {}, can: {}, user: {}, theme: "auto", nonce: "" };
  document.body.innerHTML = `<script type="application/json" id="editor-data">${JSON.stringify(data)}</script>`;
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
  store.readOnly.value = false;
  saving.conflict.value = null;
  saving.begin(server.state());
  stop = saving.watch("w");
});

afterEach(() => {
  leave();
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const later = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

test("changes are saved together after a pause, and undo is saved too", async () => {
  rename("a", "One");
  rename("b", "Two");
  expect(store.saving.value.state).toBe("dirty");
  await later(1000);

  expect([server.calls, name(server.draft, 0), name(server.draft, 1)]).toEqual([1, "One", "Two"]);
  expect(store.saving.value.state).toBe("saved");

  expect(store.undo()).toBe("Rename b");
  await later(1000);

  expect(name(server.draft, 1)).toBe("b");
});

test("what another saved is not written over: both are merged", async () => {
  server.draft = replaceStep(server.draft, "b", (step) => ({ ...step, name: "Theirs" }));
  server.revision = 2;
  rename("a", "Mine");
  await later(1000);

  expect(store.saving.value.state).toBe("conflict");
  expect(name(server.draft, 0)).toBe("a");
  expect(saving.theirChanges()).toEqual(["Changed “Theirs”"]);

  saving.takeMerged(new Map());
  await later(1000);

  expect([name(server.draft, 0), name(server.draft, 1)]).toEqual(["Mine", "Theirs"]);
  expect(store.saving.value.state).toBe("saved");
});

test("theirs is loaded, and undo brings mine back", async () => {
  server.draft = insert(server.draft, { parent: null, slot: "steps", index: 0 }, action("theirs"));
  server.revision = 2;
  rename("a", "Mine");
  await later(1000);

  saving.takeTheirs();
  expect(store.definition.value.steps.map((step) => step.id)).toEqual(["theirs", "a", "b"]);
  expect(name(store.definition.value, 1)).toBe("a");

  store.undo();
  await later(1000);

  expect(server.draft.steps.map((step) => step.name)).toEqual(["theirs", "Mine", "b"]);
});

test("offline it is tried again until it is saved", async () => {
  server.broken = () => Promise.reject(new TypeError("Failed to fetch"));
  rename("a", "One");
  await later(1000);
  expect(store.saving.value.state).toBe("offline");
  expect(saving.unsaved()).toBe(true);

  server.broken = null;
  await later(2500);

  expect([store.saving.value.state, name(server.draft, 0)]).toEqual(["saved", "One"]);
});

test("a refused draft says why and is saved once it is mended", async () => {
  server.broken = () => server.answer(400, { code: "shape", message: "A step needs a name.", remedy: "Give it one." });
  rename("a", "");
  await later(1000);
  expect(store.saving.value).toMatchObject({ state: "failed", reason: "A step needs a name." });

  server.broken = null;
  rename("a", "One");
  await later(1000);

  expect(store.saving.value.state).toBe("saved");
});

test("leaving the page asks while something is not saved", async () => {
  const leave = () => {
    const event = new Event("beforeunload", { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
  };

  expect(leave()).toBe(false);
  rename("a", "One");
  expect(leave()).toBe(true);
  await later(1000);
  expect(leave()).toBe(false);
});

test("what another saved is shown by itself, undo leaves it, and it is taken back when that is asked for", async () => {
  rename("b", "Mine");
  await later(1000);
  server.draft = replaceStep(server.draft, "a", (step) => ({ ...step, name: "Theirs" }));
  server.revision++;

  await saving.lookForOthers();

  expect(name(store.definition.value, 0)).toBe("Theirs");
  expect(saving.unsaved()).toBe(false);
  expect(store.undo()).toBe("Rename b");
  await later(1000);
  expect(server.draft.steps.map((step) => step.name)).toEqual(["Theirs", "b"]);
  expect(store.undo()).toBe(null);

  store.redo();
  saving.takeBack(saving.changedElsewhere.value!);
  await later(1000);
  expect(server.draft.steps.map((step) => step.name)).toEqual(["a", "Mine"]);
});

test("after a merge undo takes back what was mine and never what the other did", async () => {
  server.draft = replaceStep(server.draft, "b", (step) => ({ ...step, name: "Theirs" }));
  server.revision = 2;
  rename("a", "Mine");
  await later(1000);
  saving.takeMerged(new Map());
  await later(1000);

  expect(store.undo()).toBe("Rename a");
  await later(1000);

  expect(server.draft.steps.map((step) => step.name)).toEqual(["a", "Theirs"]);
});

test("where both changed the same, undo of the own choice shows the other's", async () => {
  server.draft = replaceStep(server.draft, "a", (step) => ({ ...step, name: "Theirs" }));
  server.revision = 2;
  rename("a", "Mine");
  await later(1000);
  saving.takeMerged(new Map([["a", "mine"]]));
  expect(name(store.definition.value, 0)).toBe("Mine");

  store.undo();
  expect(name(store.definition.value, 0)).toBe("Theirs");
  store.redo();
  expect(name(store.definition.value, 0)).toBe("Mine");
});

test("a change is saved, and asked for, while a version is looked at", async () => {
  rename("a", "Mine");
  viewVersion(1, workflow(action("old")));
  expect(saving.unsaved()).toBe(true);
  await later(1000);

  expect(name(server.draft, 0)).toBe("Mine");
  expect(store.definition.value.steps.map((step) => step.id)).toEqual(["old"]);
  leave();
  expect([name(store.definition.value, 0), saving.unsaved()]).toEqual(["Mine", false]);
});

test("a conflict found while a version is looked at is merged into the draft that waits", async () => {
  server.draft = replaceStep(server.draft, "b", (step) => ({ ...step, name: "Theirs" }));
  server.revision = 2;
  rename("a", "Mine");
  viewVersion(1, workflow(action("old")));
  await later(1000);
  expect(store.saving.value.state).toBe("conflict");

  saving.takeMerged(new Map());
  await later(1000);
  leave();

  expect(server.draft.steps.map((step) => step.name)).toEqual(["Mine", "Theirs"]);
  expect(store.definition.value.steps.map((step) => step.name)).toEqual(["Mine", "Theirs"]);
});

test("who asks for everything to be saved gets what came meanwhile saved as well", async () => {
  rename("a", "One");
  const done = saving.saveNow();
  rename("b", "Two");

  expect(await done).toBe(true);
  expect(server.draft.steps.map((step) => step.name)).toEqual(["One", "Two"]);
});

test("a mistake of this page does not stay “Saving…”", async () => {
  const reported = vi.fn();
  vi.stubGlobal("reportError", reported);
  server.broken = () => ({}) as Response;
  rename("a", "One");
  await later(1000);

  expect(store.saving.value.state).toBe("failed");
  expect(reported).toHaveBeenCalledOnce();
});

test("a session that ended is told as such", async () => {
  server.broken = () => server.answer(403, { code: "signed_out", message: "You are signed out.", remedy: "" });
  rename("a", "One");
  await later(1000);
  expect(store.saving.value).toMatchObject({ state: "failed", signedOut: true });

  server.broken = null;
  document.dispatchEvent(new Event("visibilitychange"));
  await later(0);

  expect([store.saving.value.state, name(server.draft, 0)]).toEqual(["saved", "One"]);
});

test("who may only look changes nothing", async () => {
  store.readOnly.value = true;
  rename("a", "One");
  await later(1000);

  expect([server.calls, name(store.definition.value, 0)]).toEqual([0, "a"]);
});
