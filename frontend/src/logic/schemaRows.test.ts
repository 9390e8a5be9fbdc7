import { describe, expect, test } from "vitest";

import { emptyRow, rowsOf, schemaOf, schemaProblem, type SchemaRow } from "./schemaRows";

const row = (changes: Partial<SchemaRow>): SchemaRow => ({ ...emptyRow(), ...changes });

describe("rows and JSON schema", () => {
  const rows: SchemaRow[] = [
    row({ name: "topic", description: "What it is about", allowed: ["billing", "other"] }),
    row({ name: "person_id", pattern: "^cus_[a-z0-9]+$", required: false }),
    row({ name: "total", type: "number", required: false }),
    row({ name: "mood", allowed: ["good", "bad"], longest: 20, required: false }),
    row({ name: "count", type: "integer" }),
    row({ name: "urgent", type: "boolean" }),
    row({ name: "tags", type: "strings", description: "Any", allowed: ["a", "b"] }),
  ];

  test("rows come back from their own schema", () => {
    const back = rowsOf(schemaOf(rows));

    expect(back).toEqual(rows);
  });

  test("the schema is strict and names what is required", () => {
    expect(schemaOf([row({ name: "topic", allowed: ["a"] })])).toEqual({
      type: "object",
      properties: { topic: { type: "string", enum: ["a"] } },
      required: ["topic"],
      additionalProperties: false,
    });
  });

  test("what need not have a value may be null", () => {
    const schema = schemaOf([row({ name: "mood", allowed: ["good"], required: false })]);

    expect(schema).toMatchObject({ properties: { mood: { type: ["string", "null"], enum: ["good", null] } }, required: ["mood"] });
  });

  test("rows without a name and second ones of a name are left out", () => {
    const schema = schemaOf([row({}), row({ name: "a" }), row({ name: "a", type: "number" })]);

    expect(schema["properties"]).toEqual({ a: { type: "string" } });
  });

  test("the order of the required fields wins over the order of the keys", () => {
    const schema = { type: "object", properties: { b: { type: "string" }, a: { type: "string" } }, required: ["a", "b"] };

    expect(rowsOf(schema)?.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test.each([
    ["nested objects", { type: "object", properties: { a: { type: "object", properties: {} } } }],
    ["ranges", { type: "object", properties: { a: { type: "number", minimum: 1 } } }],
    ["open objects", { type: "object", properties: {}, additionalProperties: true }],
    ["combinations", { anyOf: [] }],
    ["several types", { type: "object", properties: { a: { type: ["string", "number"] } } }],
    ["choices of numbers", { type: "object", properties: { a: { type: "number", enum: ["1"] } } }],
  ])("%s are left to JSON", (_, schema) => {
    expect(rowsOf(schema)).toBeNull();
  });

  test("what is wrong with a schema is said", () => {
    expect(schemaProblem("{")).toMatch(/not JSON/);
    expect(schemaProblem("[]")).toMatch(/JSON object/);
    expect(schemaProblem('{"type":"array"}')).toMatch(/must be “object”/);
    expect(schemaProblem('{"type":"object"}')).toMatch(/properties/);
    expect(schemaProblem('{"type":"object","properties":{}}')).toBe("");
  });
});
