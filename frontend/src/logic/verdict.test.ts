import { describe, expect, test } from "vitest";

import type { ConditionResult } from "../api/types";
import { defaultStep } from "./defaults";
import { isUnfinished } from "../panel/conditions/model";
import { freeCaseName, freeId, verdicts } from "./verdict";

const holds = { left: { template: "{{ trigger.total }}" }, op: "exists" };
const made = defaultStep("switch", "route", { freshId: (base) => base });
const step = { ...made, cases: made.cases.map((one) => ({ ...one, condition: holds })) };
const result = (value: boolean | null, error: string | null = null): ConditionResult => ({ result: value, error, leaves: [] });

describe("the case that an event takes", () => {
  test.each([
    ["the first that holds", result(true), result(true), { case_1: "taken", case_2: "holds", default: "not" }],
    ["the second where the first does not hold", result(false), result(true), { case_1: "not", case_2: "taken", default: "not" }],
    ["the default where none holds", result(false), result(false), { case_1: "not", case_2: "not", default: "taken" }],
    ["none behind an error", result(null, "null can't be compared"), result(true), { case_1: "error", case_2: "holds", default: null }],
  ])("%s", (_, first, second, expected) => {
    expect(verdicts(step, { "cases.case_1": first, "cases.case_2": second })).toEqual(expected);
  });

  test("a case that is not filled decides nothing", () => {
    expect(verdicts(made, { "cases.case_1": result(true), "cases.case_2": result(true) })).toMatchObject({ case_1: null, default: null });
    expect(isUnfinished({ any: [holds, { not: { left: { template: " " }, op: "exists" } }] })).toBe(true);
  });

  test("nothing is claimed before the server has answered", () => {
    expect(verdicts(step, null)).toEqual({ case_1: null, case_2: null, default: null });
  });
});

test("new cases get a name and an id of their own", () => {
  expect(freeCaseName(["Case 1", "Case 3"])).toBe("Case 4");
  expect(freeId("case", new Set(["case_1"]))).toBe("case_2");
});
