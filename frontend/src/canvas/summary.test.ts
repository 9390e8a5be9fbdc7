import { expect, test } from "vitest";
import { action, choose, filter } from "../definition/testing";
import type { Step } from "../definition/types";
import { type Known, summary, triggerSummary } from "./summary";

const known: Known = {
  action: () => ({
    app: { name: "Customer.io" },
    action: { ref: "x", name: "Track event", description: "Record that a person did something.", keywords: [], effect: "create", danger: null },
  }),
  connection: () => null,
  operators: [{ op: "at_least", label: "is at least", right: true, types: [] }],
};
const make = (kind: string, settings: object) => ({ ...filter("x"), condition: undefined, kind, ...settings }) as unknown as Step;

test("an action tells what fills its first inputs, or what it does", () => {
  expect(summary(action("a", { person_id: { template: "{{ trigger.customer_email | lower }}" }, name: { value: "paid" } }), known)).toBe(
    "Person id: Customer email, Name: paid",
  );
  expect(summary(action("a"), known)).toBe("Record that a person did something.");
});

test("a condition is told in words, and one without anything in it is not", () => {
  expect(summary(filter("f"), known)).toBe("Only if Amount is at least 50");
  expect(summary({ ...filter("f"), condition: { all: [{ left: { template: "" }, op: "equals", right: { value: "" } }] } }, known)).toBe("No condition yet");
});

test("every other kind has a line of its own", () => {
  expect(summary(choose("s", { first: [], second: [] }), known)).toBe("2 cases: first, second");
  expect(summary(make("ai", { model: "m", output: { type: "labels", labels: [{ label: "a" }, { label: "b" }] } }), known)).toBe("m: Choose a, b");
  expect(summary(make("code", { code: "# words\n\nreturn 1" }), known)).toBe("return 1");
  expect(summary(make("transform", { operations: [{ op: "rename", field: "a", to: "b" }, { op: "pick", fields: ["b"] }] }), known)).toBe("rename a to b, pick b");
  expect(summary(make("delay", { mode: "for", amount: { value: 1 }, unit: "hours" }), known)).toBe("For 1 hour");
  expect(summary(make("delay", { mode: "time_of_day", time: "09:00", zone: "Europe/Berlin", days: [0] }), known)).toBe("Until 09:00 Europe/Berlin on Mon");
  expect(summary(make("for_each", { items: { template: "{{ trigger.lines }}" }, limit: 5 }), known)).toBe("Each of Lines, at most 5");
  expect(summary(make("approval", { approvers: [{ email: "ann@example.com" }, { email: "bob@example.com" }], deadline: { amount: 2, unit: "days" } }), known)).toBe(
    "ann@example.com or 1 other, within 2 days",
  );
  expect(summary(make("wait_webhook", { deadline: { amount: 1, unit: "hours" } }), known)).toBe("At most 1 hour");
  expect(summary(make("stop", { outcome: "failed", message: { template: "No {{ trigger.email }}" } }), known)).toBe("Ends as failed: No Email");
});

test("a trigger tells its options", () => {
  expect(triggerSummary({ id: "trigger", trigger: "t", connection: "", options: { api_mode: "live", none: null } }, known)).toBe("Api mode live");
});
