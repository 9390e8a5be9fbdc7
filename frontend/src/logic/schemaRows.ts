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
  /** Text only: characters at most, null for no limit of its own. */
  longest: number | null;
  /** Whether there is always a value; else the model may answer null. */
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
  return { name: "", type: "string", description: "", allowed: [], pattern: "", longest: null, required: true };
}

/** Return the JSON schema of the rows; rows without a name, and later ones of the same name, are left out. */
export function schemaOf(rows: readonly SchemaRow[]): Schema {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  for (const row of rows) {
    const name = row.name.trim();
    if (!name || Object.hasOwn(properties, name)) continue;
    properties[name] = propertyOf(row);
    required.push(name);
  }
  return { type: "object", properties, required, additionalProperties: false };
}

/** Every field is in the answer; one that need not have a value may be null, as providers demand it. */
function propertyOf(row: SchemaRow): Json {
  const described: Schema = row.description ? { description: row.description } : {};
  const orNull = (type: string): Json => (row.required ? type : [type, "null"]);
  if (row.type === "strings") {
    return { type: orNull("array"), items: { type: "string", ...limitsOf(row, true) }, ...described };
  }
  return { type: orNull(row.type), ...described, ...(row.type === "string" ? limitsOf(row, row.required) : {}) };
}

function limitsOf(row: SchemaRow, always: boolean): Schema {
  return {
    ...(row.allowed.length ? { enum: always ? row.allowed : [...row.allowed, null] } : {}),
    ...(row.pattern ? { pattern: row.pattern } : {}),
    ...(row.longest === null ? {} : { maxLength: row.longest }),
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

function rowOf(name: string, property: Json, listed: boolean): SchemaRow | null {
  if (!isObject(property)) return null;
  const { type: given, description = "", items, ...rest } = property;
  const types = Array.isArray(given) ? given : [given];
  const nullable = types.length === 2 && types[1] === "null";
  const type = types[0];
  if (typeof description !== "string" || (types.length !== 1 && !nullable)) return null;
  const list = type === "array";
  let limits: Schema = rest;
  if (list) {
    if (!isObject(items) || items["type"] !== "string" || Object.keys(rest).length) return null;
    const { type: _, ...ofItems } = items;
    limits = ofItems;
  } else if (items !== undefined || !["string", "number", "integer", "boolean"].includes(String(type))) {
    return null;
  }
  const { enum: choices = [], pattern = "", maxLength: longest = null, ...unknown } = limits;
  const allowed = Array.isArray(choices) && nullable && !list ? choices.filter((one) => one !== null) : choices;
  if (Object.keys(unknown).length || !isTexts(allowed) || typeof pattern !== "string") return null;
  if (longest !== null && typeof longest !== "number") return null;
  if ((allowed.length || pattern || longest !== null) && !list && type !== "string") return null;
  const required = listed && !nullable;
  return { name, type: list ? "strings" : (type as RowType), description, allowed, pattern, longest, required };
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
