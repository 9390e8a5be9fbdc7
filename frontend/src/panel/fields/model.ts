/** Between what stands in a control and the mapping that it means. */

import type { Field, FieldType } from "../../api/types";
import type { Json, Mapping } from "../../definition/types";
import { isTemplate } from "../pills/template";

/** A field as a form of ours names it: the rest is what fields have by default. */
export type FieldSpec = Pick<Field, "key" | "label" | "type"> & Partial<Field> & { docs_url?: string; secret?: boolean };

export type Filling = Mapping | null | undefined;

const PARSED = new Set<FieldType>(["integer", "number", "time", "any"]);

/** Whether a control of its own stands for the type, beside which data is a second way. */
export function hasOwnControl(spec: FieldSpec): boolean {
  if ((spec.options_from ?? null) !== null || (spec.choices ?? []).length > 0) return true;
  return ["boolean", "time", "list", "object"].includes(spec.type);
}

/** The text of a mapping, as a text control shows it. */
export function textOf(mapping: Filling): string {
  if (mapping === null || mapping === undefined) return "";
  if ("template" in mapping) return mapping.template;
  if ("value" in mapping) return valueText(mapping.value);
  return JSON.stringify(plainOf(mapping), null, 2);
}

export function valueText(value: Json | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, typeof value === "object" ? 2 : undefined);
}

/** The mapping of a text: with braces a template, else a fixed value of the type. Null for nothing. */
export function readText(text: string, type: FieldType): Mapping | null {
  const kept = type === "long_text" || type === "text" || isTemplate(text) ? text : text.trim();
  if (kept === "") return null;
  return isTemplate(kept) ? { template: kept } : { value: typed(kept, type) };
}

function typed(text: string, type: FieldType): Json {
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  return PARSED.has(type) || /^(object|list)$/.test(type) ? parsed(text) : text;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Why a text that looks like JSON is none; "" for what is sound or plain text. */
export function jsonFault(text: string): string {
  const start = text.trimStart()[0];
  if ((start !== "{" && start !== "[") || isTemplate(text)) return "";
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message.replace(/^JSON\.parse: /, "") : "it can't be read"}.`;
  }
}

/** Whether nothing fills the field. */
export function isUnfilled(mapping: Filling): boolean {
  if (mapping === null || mapping === undefined) return true;
  if ("template" in mapping) return mapping.template === "";
  if ("value" in mapping) return mapping.value === null || mapping.value === "";
  return "object" in mapping ? Object.keys(mapping.object).length === 0 : mapping.list.length === 0;
}

/** The rows of an object whose keys are free: values of fixed objects become mappings of their own. */
export function entriesOf(mapping: Filling): [string, Mapping][] {
  if (mapping === null || mapping === undefined) return [];
  if ("object" in mapping) return Object.entries(mapping.object);
  if ("value" in mapping && isObject(mapping.value)) {
    return Object.entries(mapping.value).map(([key, value]) => [key, { value }]);
  }
  return [];
}

/** The object of rows; rows without a key are left out, of two of the same key the first counts. */
export function objectOf(entries: [string, Mapping][]): Mapping | null {
  const object: Record<string, Mapping> = {};
  for (const [key, value] of entries) if (key !== "" && !(key in object)) object[key] = value;
  return Object.keys(object).length === 0 ? null : { object };
}

/** Keep the members in the order of their declaration and drop the empty ones. */
export function withMember(mapping: Filling, key: string, member: Mapping | null): Mapping | null {
  const entries = entriesOf(mapping);
  const index = entries.findIndex(([each]) => each === key);
  if (member === null) return objectOf(entries.filter(([each]) => each !== key));
  if (index < 0) return objectOf([...entries, [key, member]]);
  return objectOf(entries.map((entry, at) => (at === index ? [key, member] : entry)));
}

/** The rows of a list. */
export function rowsOf(mapping: Filling): Mapping[] {
  if (mapping === null || mapping === undefined) return [];
  if ("list" in mapping) return mapping.list;
  if ("value" in mapping && Array.isArray(mapping.value)) return mapping.value.map((value) => ({ value }));
  return [];
}

/** The list of rows: fixed as a whole where every row is fixed text, number or truth. */
export function listOf(rows: Mapping[]): Mapping | null {
  if (rows.length === 0) return null;
  if (rows.every((row) => "value" in row)) return { value: rows.map((row) => ("value" in row ? row.value : null)) };
  return { list: rows };
}

/** The JSON that a mapping without templates stands for; templates stay as their source. */
export function plainOf(mapping: Mapping): Json {
  if ("value" in mapping) return mapping.value;
  if ("template" in mapping) return mapping.template;
  if ("list" in mapping) return mapping.list.map(plainOf);
  return Object.fromEntries(Object.entries(mapping.object).map(([key, value]) => [key, plainOf(value)]));
}

/** Whether rows and members can show the mapping, or only JSON can. */
export function fitsRows(mapping: Filling, type: FieldType): boolean {
  if (mapping === null || mapping === undefined) return true;
  if (type === "object") return "object" in mapping || ("value" in mapping && (isObject(mapping.value) || mapping.value === null));
  return "list" in mapping || ("value" in mapping && (Array.isArray(mapping.value) || mapping.value === null));
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Unix seconds as a local date and time for an input, and back; "" and null for none. */
export function localTime(seconds: Json | undefined): string {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return "";
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "";
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function unixTime(local: string): number | null {
  const time = new Date(local).getTime();
  return Number.isNaN(time) ? null : Math.floor(time / 1000);
}
