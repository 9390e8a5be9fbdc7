/* The fields of an AI answer: rows in the form, a JSON schema in the definition. */

import type { Json } from "../definition/types";

export type Schema = { [key: string]: Json };
export type RowType = "string" | "number" | "integer" | "boolean" | "strings";

export interface SchemaRow {
  name: string;
  type: RowType;
  description: string;
  /** Text only: the answers allowed, none means any. */
  allowed: string[];
  /** Text only: a regular expression that the text must match, "" means any. */
  pattern: string;
  required: boolean;
}

export const ROW_TYPES: readonly { value: RowType; label: string }[] = [
  { value: "string", label: "Text" },
  { value: "number", label: "Number" },
  { value: "integer", label: "Whole number" },
  { value: "boolean", label: "Yes or no" },
  { value: "strings", label: "List of texts" },
];

export function emptyRow(): SchemaRow {
  return { name: "", type: "string", description: "", allowed: [], pattern: "", required: true };
}

/** Return the JSON schema of the rows; rows without a name, and later ones of the same name, are left out. */
export function schemaOf(rows: readonly SchemaRow[]): Schema {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  for (const row of rows) {
    const name = row.name.trim();
    if (!name || Object.hasOwn(properties, name)) continue;
    properties[name] = propertyOf(row);
    if (row.required) required.push(name);
  }
  return { type: "object", properties, required, additionalProperties: false };
}

function propertyOf(row: SchemaRow): Json {
  const described: Schema = row.description ? { description: row.description } : {};
  if (row.type === "strings") return { type: "array", items: { type: "string", ...limitsOf(row) }, ...described };
  return { type: row.type, ...described, ...(row.type === "string" ? limitsOf(row) : {}) };
}

function limitsOf(row: SchemaRow): Schema {
  return {
    ...(row.allowed.length ? { enum: row.allowed } : {}),
    ...(row.pattern ? { pattern: row.pattern } : {}),
  };
}

/** Return the rows of a schema, or null for one that says more than rows can show. */
export function rowsOf(schema: Schema): SchemaRow[] | null {
  if (Object.keys(schema).length === 0) return [];
  const known = new Set(["type", "properties", "required", "additionalProperties"]);
  if (schema["type"] !== "object" || !Object.keys(schema).every((key) => known.has(key))) return null;
  if (schema["additionalProperties"] !== undefined && schema["additionalProperties"] !== false) return null;
  const properties = schema["properties"] ?? {};
  const required = schema["required"] ?? [];
  if (!isObject(properties) || !isTexts(required)) return null;
  const rows: SchemaRow[] = [];
  for (const name of inOrder(Object.keys(properties), required)) {
    const row = rowOf(name, properties[name] ?? null, required.includes(name));
    if (!row) return null;
    rows.push(row);
  }
  return rows;
}

/** A database may keep an object's keys in an order of its own; the list of the required ones stays as it was. */
function inOrder(names: string[], required: string[]): string[] {
  const first = required.filter((name) => names.includes(name));
  return [...first, ...names.filter((name) => !first.includes(name))];
}

function rowOf(name: string, property: Json, required: boolean): SchemaRow | null {
  if (!isObject(property)) return null;
  const { type, description = "", items, ...rest } = property;
  if (typeof description !== "string") return null;
  const list = type === "array";
  let limits: Schema = rest;
  if (list) {
    if (!isObject(items) || items["type"] !== "string" || Object.keys(rest).length) return null;
    const { type: _, ...ofItems } = items;
    limits = ofItems;
  } else if (items !== undefined || !["string", "number", "integer", "boolean"].includes(String(type))) {
    return null;
  }
  const { enum: allowed = [], pattern = "", ...unknown } = limits;
  if (Object.keys(unknown).length || !isTexts(allowed) || typeof pattern !== "string") return null;
  if ((allowed.length || pattern) && !list && type !== "string") return null;
  return { name, type: list ? "strings" : (type as RowType), description, allowed, pattern, required };
}

/** Say what is wrong with a schema written as JSON, "" for nothing. */
export function schemaProblem(text: string): string {
  let parsed: Json;
  try {
    parsed = JSON.parse(text) as Json;
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!isObject(parsed)) return "A schema is a JSON object.";
  if (parsed["type"] !== "object") return "The schema must describe an object: “type” must be “object”.";
  if (!isObject(parsed["properties"])) return "The schema needs “properties”, with a schema for each field.";
  return "";
}

function isObject(value: Json | undefined): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: Json): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
