// @vitest-environment jsdom
import { expect, test } from "vitest";

import type { Condition, Definition, Step } from "../definition/types";
import { withoutSettingsOf } from "./previews";

const base = { disabled: false, note: "", on_error: null, retry: null, timeout: null };
const set = (id: string, text: string): Step =>
  ({ ...base, id, kind: "action", name: id, action: "http.request", connection: "", inputs: { url: { template: text } }, run_if: null, confirmed: false }) as Step;
const each = (items: string, inner: Step[]): Step =>
  ({ ...base, id: "each", kind: "for_each", name: "Each", items: { template: items }, limit: 10, over_limit: "fail", concurrency: 1, on_item_error: "stop", steps: inner }) as Step;
const route = (condition: Condition): Step =>
  ({ ...base, id: "route", kind: "switch", name: "Route", cases: [{ id: "a", name: "A", condition, steps: [] }], default: [] }) as Step;
const draft = (...steps: Step[]): Definition =>
  ({ schema: 1, notes: "", trigger: { trigger: "x", connection: "", options: {} }, steps }) as unknown as Definition;
const key = (steps: Step[], step = "last"): string => JSON.stringify(withoutSettingsOf(draft(...steps), step));

test("what is typed into a step changes nothing before it", () => {
  expect(key([set("last", "a")])).toBe(key([set("last", "b")]));
});

test("what is changed in a step before it counts, inside a branch and around it too", () => {
  const last = set("last", "a");
  expect(key([set("first", "a"), last])).not.toBe(key([set("first", "b"), last]));
  expect(key([each("{{ trigger.a }}", [set("in", "a")]), last])).not.toBe(key([each("{{ trigger.b }}", [set("in", "a")]), last]));
  expect(key([each("{{ trigger.a }}", [set("in", "a")]), last])).not.toBe(key([each("{{ trigger.a }}", [set("in", "b")]), last]));
  const holds = (op: string): Condition => ({ all: [{ left: { template: "{{ trigger.a }}" }, op }] });
  expect(key([route(holds("is_empty")), last])).not.toBe(key([route(holds("exists")), last]));
});
