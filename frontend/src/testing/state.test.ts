// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { insert } from "../definition/edit";
import { action, workflow } from "../definition/testing";
import * as store from "../state/store";
import { last, planReal, stopWaiting, testing, testReal } from "./state";

interface Sent {
  path: string;
  body: Record<string, unknown>;
}

let sent: Sent[];
let status: string;

beforeEach(() => {
  vi.useFakeTimers();
  const data = { workflow: { pk: 1 }, api: "/api/", urls: {}, can: {}, user: {}, theme: "auto", nonce: "" };
  document.body.innerHTML = `<script type="application/json" id="editor-data">${JSON.stringify(data)}</script>`;
  [sent, status] = [[], "succeeded"];
  vi.stubGlobal("fetch", async (address: URL, init: RequestInit) => {
    const path = address.pathname.replace("/api/", "");
    if (init.body) sent.push({ path, body: JSON.parse(String(init.body)) as Record<string, unknown> });
    const run = { code: "r1", url: "/runs/1", status, label: "Waiting for a delay", reason: "", remedy: "" };
    const answers: Record<string, object> = {
      "test/plan": { acts: [], problems: [], refused: "", live: 0, digest: "of-what-was-shown" },
      test: { run },
      "test/r1": { done: status !== "waiting", steps: [], run, note: "" },
    };
    return new Response(JSON.stringify(answers[path]), { headers: { "Content-Type": "application/json" } });
  });
  store.readOnly.value = false;
  store.load(workflow(action("a")));
});

afterEach(() => {
  stopWaiting();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what is run is what was planned, though the draft is another one by now", async () => {
  const planned = await planReal(null);
  store.edit("Add b", (draft) => insert(draft, { parent: null, slot: "steps", index: 1 }, action("b")));

  const done = testReal(planned);
  await vi.advanceTimersByTimeAsync(1000);
  await done;

  const [plan, run] = sent;
  expect(run?.body["definition"]).toEqual(plan?.body["definition"]);
  expect(run?.body["confirmed"]).toBe("of-what-was-shown");
  expect(last.value?.outcome).toBe("succeeded");
});

test("a run that waits for long is no longer asked about", async () => {
  status = "waiting";
  const planned = await planReal(null);

  const done = testReal(planned);
  await vi.advanceTimersByTimeAsync(6 * 60_000);
  await done;

  expect(testing.value).toBe(null);
  expect(last.value?.message).toContain("open the run");
});
