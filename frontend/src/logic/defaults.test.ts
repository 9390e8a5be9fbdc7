import { expect, test } from "vitest";

import { catalog } from "../state/store";
import { LOGIC_NAMES, defaultStep, newOperation, type LogicKind } from "./defaults";

const KINDS = Object.keys(LOGIC_NAMES) as LogicKind[];

test.each(KINDS)("a new %s step has its kind, its id and a name", (kind) => {
  const step = defaultStep(kind, "mine");

  expect(step).toMatchObject({ kind, id: "mine", disabled: false, note: "", on_error: null, retry: null });
  expect(step.name).not.toBe("");
});

test("the cases of a new switch have ids of their own", () => {
  const { cases } = defaultStep("switch", "route", { freshId: (base) => `${base}_x` });

  expect(cases.map(({ id }) => id)).toEqual(["case_1_x", "case_2_x"]);
});

test("ids made without help stay within forty characters", () => {
  const { cases } = defaultStep("switch", "a".repeat(40));

  expect(cases.map(({ id }) => id.length)).toEqual([40, 40]);
  expect(cases[0]?.id).not.toBe(cases[1]?.id);
});

const CLASSIFY = {
  key: "classify",
  name: "Classify",
  description: "",
  keywords: [],
  step: { name: "Classify", output: { type: "labels" as const, labels: [{ label: "other", meaning: "" }] }, temperature: 0 },
};

test("an AI step can be started from what the catalog has", () => {
  catalog.value = { ...catalog.value, ai: { presets: [CLASSIFY] } };

  const step = defaultStep("ai", "think", { preset: "classify" });

  expect(step).toMatchObject({ ...CLASSIFY.step, id: "think", max_tokens: 1024, timeout: 30 });
  expect(step.output).not.toBe(CLASSIFY.step.output);
});

test("a name given wins", () => {
  expect(defaultStep("ai", "think", { preset: "write", name: "Answer" }).name).toBe("Answer");
});

test("a new operation to filter keeps what is not empty", () => {
  expect(newOperation("filter")).toMatchObject({ op: "filter" });
});
