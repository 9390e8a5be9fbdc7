import { describe, expect, it } from "vitest";

import type { TreeField, TreeGroup } from "../../api/types";
import { humanized, nameOf } from "../pills/labels";
import { parsePath } from "../pills/template";
import { narrowed, offersOf, rowsOf, searchOffers, shown } from "./model";

const field = (path: string, label: string, example: TreeField["example"] = null, children: TreeField[] = []): TreeField => ({
  path,
  label,
  type: "text",
  example,
  known: true,
  children,
});

const GROUPS: TreeGroup[] = [
  {
    key: "trigger",
    label: "New Customer",
    kind: "trigger",
    app: "stripe",
    fields: [
      field("trigger.email", "E-mail", "ada@example.com"),
      field("trigger.customer_email", "Customer e-mail", "bob@example.com"),
      field("trigger.raw", "Whole payload", { data: [{ id: "x1" }] }, [
        field("trigger.raw.data", "data", [{ id: "x1" }], [field("trigger.raw.data[0].id", "id", "x1")]),
      ]),
    ],
  },
  { key: "run", label: "This run", kind: "run", app: null, fields: [field("run.code", "Run code")] },
];

const offers = offersOf(GROUPS);
const byPath = new Map(offers.map((offer) => [offer.path, offer]));

describe("search", () => {
  it("puts the start of a label first and finds by path and group", () => {
    expect(searchOffers(offers, "e-mail").map((each) => each.path)).toEqual(["trigger.email", "trigger.customer_email"]);
    expect(searchOffers(offers, "trigger.cus")[0]?.path).toBe("trigger.customer_email");
    expect(searchOffers(offers, "this run code").map((each) => each.path)).toEqual(["run.code"]);
    expect(searchOffers(offers, "nothing")).toEqual([]);
  });

  it("narrows the tree and keeps what is above a find", () => {
    const found = narrowed(GROUPS, "x1");
    expect(found).toHaveLength(1);
    expect(found[0]?.fields.map((each) => each.path)).toEqual(["trigger.raw"]);
    expect(found[0]?.fields[0]?.children[0]?.children).toHaveLength(1);
    expect(narrowed(GROUPS, " ")).toBe(GROUPS);
  });
});

describe("rows", () => {
  it("show what is open, with level and position", () => {
    const rows = rowsOf(GROUPS, (id) => id === "g:trigger" || id === "trigger.raw");
    expect(rows.map((row) => [row.id, row.level, row.position])).toEqual([
      ["g:trigger", 1, 1],
      ["trigger.email", 2, 1],
      ["trigger.customer_email", 2, 2],
      ["trigger.raw", 2, 3],
      ["trigger.raw.data", 3, 1],
      ["g:run", 1, 2],
    ]);
  });
});

describe("names", () => {
  it("come from the tree, with what a value stands in", () => {
    expect(nameOf(["trigger", "customer_email"], byPath)).toMatchObject({
      label: "Customer e-mail",
      group: "New Customer",
      example: "bob@example.com",
      found: true,
    });
    expect(nameOf(parsePath("trigger.raw.data[0].id")!, byPath).label).toBe("data › id");
  });

  it("come from the path where the tree has none, with the value inside of what it has", () => {
    expect(nameOf(parsePath("trigger.raw.data[-1].id")!, byPath)).toMatchObject({ label: "Id", example: "x1", found: false });
    expect(nameOf(["steps", "gone", "first_name"], byPath)).toMatchObject({ label: "First name", group: "" });
    expect(humanized(["trigger", "items", 2])).toBe("Items [2]");
  });

  it("shortens values to a line", () => {
    expect(shown("a\n b", 10)).toBe("a b");
    expect(shown({ a: 1 }, 5)).toBe('{"a"…');
    expect(shown(null)).toBe("");
  });
});
