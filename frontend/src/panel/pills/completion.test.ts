import { describe, expect, it } from "vitest";

import type { FilterSpec } from "../../api/types";
import { completeFilter, completePath, searchFilters, wantedAt, written } from "./completion";

const MONEY: FilterSpec = {
  name: "money",
  label: "Money",
  description: "An amount in its currency",
  group: "Numbers",
  args: [
    { name: "currency", type: "text", default: "usd" },
    { name: "style", type: "text", default: null },
  ],
  example: "",
};
const LOWER: FilterSpec = { ...MONEY, name: "lower", label: "Lower case", description: "Small letters", args: [] };

function apply(marked: string, path: string): string {
  const caret = marked.indexOf("^");
  const source = marked.replace("^", "");
  const wanted = wantedAt(source, caret)!;
  const change = completePath(source, caret, wanted, path);
  return source.slice(0, change.from) + change.text + source.slice(change.to);
}

describe("wantedAt", () => {
  it.each([
    ["Hi {{^", "path", ""],
    ["Hi {{ cust^", "path", "cust"],
    ["{{ trigger.email | ^", "filter", ""],
    ["{{ trigger.email | default: 'a|b' | lo^", "filter", "lo"],
  ])("%s wants a %s", (marked, kind, query) => {
    const caret = marked.indexOf("^");
    expect(wantedAt(marked.replace("^", ""), caret)).toMatchObject({ kind, query });
  });

  it.each(["Hi^", "{{ trigger.a }}^", "{{ trigger.a | default: x^", "{^{"])("%s wants nothing", (marked) => {
    expect(wantedAt(marked.replace("^", ""), marked.indexOf("^"))).toBeNull();
  });
});

describe("completing", () => {
  it("closes the tag", () => {
    expect(apply("Hi {{ cu^ and more", "trigger.customer")).toBe("Hi {{ trigger.customer }} and more");
  });

  it("keeps the filters of a tag that is closed", () => {
    expect(apply("{{ tri^gger.a | lower }}!", "trigger.b")).toBe("{{ trigger.b | lower }}!");
  });

  it("does not swallow a later tag", () => {
    expect(apply("{{ a^ {{ trigger.b }}", "trigger.a")).toBe("{{ trigger.a }} {{ trigger.b }}");
  });

  it("writes a filter with what it must have", () => {
    const source = "{{ trigger.a | mo";
    const wanted = wantedAt(source, source.length)!;
    expect(completeFilter(source, source.length, wanted, MONEY).text).toBe('{{ trigger.a | money: "usd" }}');
    const has = (path: string): boolean => path === "trigger.currency";
    expect(completeFilter(source, source.length, wanted, MONEY, has).text).toBe("{{ trigger.a | money: trigger.currency }}");
    expect(written(LOWER)).toBe("lower");
  });

  it("finds filters by words", () => {
    expect(searchFilters([MONEY, LOWER], "low").map((each) => each.name)).toEqual(["lower"]);
    expect(searchFilters([MONEY, LOWER], "amount currency").map((each) => each.name)).toEqual(["money"]);
    expect(searchFilters([MONEY, LOWER], "")).toHaveLength(2);
  });
});
