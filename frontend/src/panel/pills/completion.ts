/** What typing `{{` offers: paths, and behind `|` filters. */

import type { FilterSpec } from "../../api/types";
import { formatPath, parsePath, quote, type Segment } from "./template";

export interface Wanted {
  kind: "path" | "filter";
  /** Where the tag begins. */
  start: number;
  /** What was typed of the path or the filter's name. */
  query: string;
  /** Where that begins. */
  from: number;
}

/** Tell what is being typed at the caret; null outside of a tag and in an argument. */
export function wantedAt(source: string, caret: number): Wanted | null {
  const start = source.lastIndexOf("{{", caret - 2);
  if (start < 0 || caret < start + 2) return null;
  const inner = source.slice(start + 2, caret);
  if (inner.includes("}}") || inner.includes("\n\n") || inner.length > 200) return null;
  const bar = lastBar(inner);
  if (bar < 0) {
    const query = inner.replace(/^-?\s*/, "");
    return { kind: "path", start, query, from: caret - query.length };
  }
  const query = inner.slice(bar + 1).trimStart();
  return /^\w*$/.test(query) ? { kind: "filter", start, query, from: caret - query.length } : null;
}

function lastBar(inner: string): number {
  let quoted = "";
  let found = -1;
  for (let index = 0; index < inner.length; index += 1) {
    const letter = inner[index]!;
    if (quoted !== "") quoted = letter === quoted ? "" : quoted;
    else if (letter === '"' || letter === "'") quoted = letter;
    else if (letter === "|") found = index;
  }
  return found;
}

/** The change that a choice makes: the range to replace, the text for it. */
export interface Completion {
  from: number;
  to: number;
  text: string;
}

/** Put a path into the tag at the caret and close it; filters behind the caret stay. */
export function completePath(source: string, caret: number, wanted: Wanted, path: string): Completion {
  const rest = restOfTag(source, caret);
  const bar = rest.inner.indexOf("|");
  const filters = bar < 0 ? "" : ` ${rest.inner.slice(bar).trim()}`;
  return { from: wanted.start, to: rest.end, text: `{{ ${path}${filters} }}` };
}

/** Put a filter into the tag at the caret, with its arguments' defaults, and close the tag. */
export function completeFilter(
  source: string,
  caret: number,
  wanted: Wanted,
  filter: KnownFilter,
  has: (path: string) => boolean = () => false,
): Completion {
  const rest = restOfTag(source, caret);
  const head = source.slice(wanted.start, wanted.from).trimEnd();
  const bar = rest.inner.indexOf("|");
  const others = bar < 0 ? "" : ` ${rest.inner.slice(bar).trim()}`;
  const path = parsePath(head.replace(/^\{\{-?\s*/, "").split("|")[0]!.trim());
  const text = written(filter, path === null ? "" : currencyBeside(path, has));
  return { from: wanted.start, to: rest.end, text: `${head} ${text}${others} }}` };
}

function restOfTag(source: string, caret: number): { inner: string; end: number } {
  const close = source.indexOf("}}", caret);
  const open = source.indexOf("{{", caret);
  const line = source.indexOf("\n", caret);
  const isClosed = close >= 0 && (open < 0 || close < open) && (line < 0 || close < line);
  return isClosed ? { inner: source.slice(caret, close), end: close + 2 } : { inner: "", end: caret };
}

/** A filter with how many arguments it must have, where the server says so. */
export type KnownFilter = Pick<FilterSpec, "name" | "args"> & { required_args?: number };

/** A filter as it is written when it is added: with a value for every argument that it begins with. */
export function written(filter: KnownFilter, currency = ""): string {
  const args = firstArgs(filter, currency);
  return args.length > 0 ? `${filter.name}: ${args.join(", ")}` : filter.name;
}

/**
 * The arguments that a filter begins with: all that it must have or that have a first value.
 * `currency` is the path of the currency that belongs to the value, where there is one.
 */
export function firstArgs(filter: KnownFilter, currency = ""): string[] {
  const valued = filter.args.findLastIndex((arg) => arg.default !== null && arg.default !== undefined);
  const count = Math.max(valued + 1, filter.required_args ?? 0);
  return filter.args.slice(0, count).map((arg) => (arg.name === "currency" && currency !== "" ? currency : firstValue(arg)));
}

function firstValue(arg: FilterSpec["args"][number]): string {
  if (typeof arg.default === "string") return quote(arg.default);
  if (typeof arg.default === "number" || typeof arg.default === "boolean") return String(arg.default);
  return arg.type === "number" || arg.type === "integer" ? "0" : '""';
}

/** The path of the currency that stands beside an amount; "" where there is none. */
export function currencyBeside(path: Segment[], has: (path: string) => boolean): string {
  for (let length = path.length - 1; length > 0; length -= 1) {
    const beside = formatPath([...path.slice(0, length), "currency"]);
    if (has(beside)) return beside;
  }
  return "";
}

/** Return the filters whose name, label or group hold the words. */
export function searchFilters(filters: FilterSpec[], search: string): FilterSpec[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const score = (filter: FilterSpec): number => {
    const name = filter.name.toLocaleLowerCase();
    const label = filter.label.toLocaleLowerCase();
    const text = `${name} ${label} ${filter.description.toLocaleLowerCase()}`;
    if (!words.every((word) => text.includes(word))) return 0;
    const first = words[0] ?? "";
    return name.startsWith(first) || label.startsWith(first) ? 3 : name.includes(first) ? 2 : 1;
  };
  return filters
    .map((filter) => ({ filter, value: score(filter) }))
    .filter((each) => each.value > 0)
    .sort((a, b) => b.value - a.value)
    .map((each) => each.filter);
}
