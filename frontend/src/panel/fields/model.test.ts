import { describe, expect, it } from "vitest";

import {
  entriesOf,
  fitsRows,
  hasOwnControl,
  isUnfilled,
  jsonFault,
  listOf,
  localTime,
  objectOf,
  readText,
  rowsOf,
  textOf,
  unixTime,
  withMember,
} from "./model";

describe("a text", () => {
  it.each([
    ["ada", "text", { value: "ada" }],
    ["12", "text", { value: "12" }],
    ["12", "integer", { value: 12 }],
    ["1.5", "number", { value: 1.5 }],
    ["12 apples", "integer", { value: "12 apples" }],
    ['{"a": 1}', "any", { value: { a: 1 } }],
    ["true", "boolean", { value: true }],
    ["{{ trigger.a }}", "integer", { template: "{{ trigger.a }}" }],
    ["{% if trigger.a %}x{% endif %}", "text", { template: "{% if trigger.a %}x{% endif %}" }],
    [" ", "email", null],
    ["", "text", null],
  ] as const)("%j as %s", (text, type, mapping) => {
    expect(readText(text, type)).toEqual(mapping);
  });

  it("shows what was read", () => {
    expect(textOf({ value: 12 })).toBe("12");
    expect(textOf({ value: { a: [1] } })).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(textOf({ object: { a: { template: "{{ item }}" } } })).toContain('"{{ item }}"');
    expect(textOf(null)).toBe("");
  });

  it("is told when it is broken JSON", () => {
    expect(jsonFault('{"a": }')).toContain("no JSON");
    expect(jsonFault('{"a": 1}')).toBe("");
    expect(jsonFault("plain")).toBe("");
  });
});

describe("rows", () => {
  it("of an object come from either form and go back as mappings", () => {
    expect(entriesOf({ value: { a: 1 } })).toEqual([["a", { value: 1 }]]);
    expect(objectOf([["", { value: 1 }], ["a", { value: 2 }], ["a", { value: 3 }]])).toEqual({ object: { a: { value: 2 } } });
    expect(objectOf([])).toBeNull();
  });

  it("of declared members keep the others", () => {
    const one = withMember(null, "a", { value: 1 });
    const two = withMember(one, "b", { template: "{{ item }}" });
    expect(two).toEqual({ object: { a: { value: 1 }, b: { template: "{{ item }}" } } });
    expect(withMember(two, "a", null)).toEqual({ object: { b: { template: "{{ item }}" } } });
    expect(withMember(one, "a", null)).toBeNull();
  });

  it("of a list are fixed as a whole where they can be", () => {
    expect(rowsOf({ value: ["a", 2] })).toEqual([{ value: "a" }, { value: 2 }]);
    expect(listOf([{ value: "a" }])).toEqual({ value: ["a"] });
    expect(listOf([{ value: "a" }, { template: "{{ item }}" }])).toEqual({ list: [{ value: "a" }, { template: "{{ item }}" }] });
    expect(fitsRows({ value: "text" }, "list")).toBe(false);
    expect(fitsRows({ object: {} }, "object")).toBe(true);
  });
});

describe("a field", () => {
  it("has a control of its own by its type or its choices", () => {
    expect(hasOwnControl({ key: "a", label: "A", type: "text" })).toBe(false);
    expect(hasOwnControl({ key: "a", label: "A", type: "text", options_from: "list-prices" })).toBe(true);
    expect(hasOwnControl({ key: "a", label: "A", type: "boolean" })).toBe(true);
  });

  it("tells when nothing fills it", () => {
    expect(isUnfilled({ template: "" })).toBe(true);
    expect(isUnfilled({ value: 0 })).toBe(false);
    expect(isUnfilled({ value: false })).toBe(false);
    expect(isUnfilled(undefined)).toBe(true);
  });

  it("shows a time in the zone of whoever looks, to the minute", () => {
    expect(unixTime(localTime(1_700_000_040))).toBe(1_700_000_040);
    expect(localTime("soon")).toBe("");
    expect(unixTime("")).toBeNull();
  });
});
