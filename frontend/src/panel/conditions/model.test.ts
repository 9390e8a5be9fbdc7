import { describe, expect, it } from "vitest";

import type { Condition, Leaf } from "../../definition/types";
import { describeCondition } from "./describe";
import {
  add,
  at,
  change,
  countLeaves,
  moveInto,
  negate,
  operatorsFor,
  readRight,
  reorder,
  rooted,
  siblings,
  withOperator,
} from "./model";

const leaf = (name: string, op = "equals", value: string | number = 1): Leaf => ({
  left: { template: `{{ trigger.${name} }}` },
  op,
  right: { value },
});
const A = leaf("a");
const B = leaf("b");
const C = leaf("c");
const TREE: Condition = { all: [A, { not: { any: [B, C] } }] };
const OPERATORS = [
  { op: "equals", label: "equals", right: true, types: ["text", "number"] },
  { op: "at_least", label: "is at least", right: true, types: ["number"] },
  { op: "is_empty", label: "is empty", right: false, types: ["text", "number", "list"] },
];

describe("a tree", () => {
  it("is read and changed at a place, and the rest stays the same object", () => {
    expect(at(TREE, ["all", 1, "not", "any", 1])).toBe(C);
    expect(at(TREE, ["any", 0])).toBeNull();
    const changed = change(TREE, ["all", 1, "not", "any", 0], () => C);
    expect(changed).toEqual({ all: [A, { not: { any: [C, C] } }] });
    expect(at(changed!, ["all", 0])).toBe(A);
  });

  it("loses a group with its last member", () => {
    const once = change(TREE, ["all", 1, "not", "any", 0], () => null)!;
    expect(change(once, ["all", 1, "not", "any", 0], () => null)).toEqual({ all: [A] });
    expect(change({ all: [A] }, ["all", 0], () => null)).toBeNull();
  });

  it("takes new members, and negates", () => {
    expect(add(TREE, ["all", 1, "not"], A)).toEqual({ all: [A, { not: { any: [B, C, A] } }] });
    expect(negate(TREE, ["all", 0])).toEqual({ all: [{ not: A }, { not: { any: [B, C] } }] });
    expect(negate(negate(TREE, ["all", 0]), ["all", 0])).toEqual(TREE);
    expect(rooted(A)).toEqual({ all: [A] });
    expect(countLeaves(TREE)).toBe(3);
  });

  it("is reordered and moved between groups", () => {
    expect(reorder(TREE, ["all", 1, "not"], 1, 0)).toEqual({ all: [A, { not: { any: [C, B] } }] });
    expect(moveInto(TREE, ["all", 0], ["all", 1, "not"])).toEqual({ all: [{ not: { any: [B, C, A] } }] });
    expect(moveInto(TREE, ["all", 1], ["all", 1, "not"])).toBe(TREE);
    expect(siblings(TREE, ["all", 1, "not"])).toEqual({ parent: [], index: 1, count: 2 });
    expect(siblings(TREE, [])).toBeNull();
  });
});

describe("a comparison", () => {
  it("loses and gets its right side with the operator", () => {
    const empty = withOperator({ ...A, ignore_case: true }, "is_empty", OPERATORS);
    expect(empty).toEqual({ left: A.left, op: "is_empty" });
    expect(withOperator(empty, "equals", OPERATORS)).toEqual({ left: A.left, op: "equals", right: { value: "" } });
    expect(withOperator({ ...A, ignore_case: true }, "equals", OPERATORS).ignore_case).toBe(true);
  });

  it("offers the operators of the left side's type first", () => {
    expect(operatorsFor("text", OPERATORS).fitting.map((each) => each.op)).toEqual(["equals", "is_empty"]);
    expect(operatorsFor("text", OPERATORS).others.map((each) => each.op)).toEqual(["at_least"]);
    expect(operatorsFor("any", OPERATORS).fitting).toHaveLength(3);
  });

  it("reads the right side by the type of the left", () => {
    expect(readRight("50", "integer")).toEqual({ value: 50 });
    expect(readRight("50", "text")).toEqual({ value: "50" });
    expect(readRight("true", "boolean")).toEqual({ value: true });
    expect(readRight("{{ trigger.a }}", "integer")).toEqual({ template: "{{ trigger.a }}" });
    expect(readRight("fifty", "integer")).toEqual({ value: "fifty" });
  });
});

describe("describeCondition", () => {
  it("says it in words", () => {
    expect(describeCondition({ all: [leaf("amount_due", "at_least", 50)] })).toBe("Amount due is at least 50");
    expect(describeCondition(TREE)).toBe("A equals 1 and not (B equals 1 or C equals 1)");
    expect(describeCondition({ any: [A, { all: [B, C] }] })).toBe("A equals 1 or (B equals 1 and C equals 1)");
    expect(describeCondition({ left: { template: "" }, op: "is_empty" })).toBe("… is empty");
    expect(describeCondition(null)).toBe("");
  });

  it("names paths as it is told", () => {
    expect(describeCondition(A, { nameOf: () => "Amount" })).toBe("Amount equals 1");
  });
});
