/** The data before a step as a tree to look through: found by words, walked by keys. */

import type { Json } from "../../definition/types";
import type { Money, TreeField, TreeGroup } from "../../api/types";

/** A value that can be picked, with the group that it stands in. */
export interface Offer {
  path: string;
  label: string;
  /** The labels of what it stands in, outermost first. */
  within: string[];
  group: string;
  app: string | null;
  kind: TreeGroup["kind"];
  type: string;
  example: Json;
  known: boolean;
  money: Money | null;
}

/** One line of the tree as it is shown. */
export interface Row {
  id: string;
  level: number;
  label: string;
  /** What a click inserts; "" for a group that is nothing but a heading. */
  path: string;
  type: string;
  example: Json;
  known: boolean;
  unit: string;
  money: Money | null;
  hasChildren: boolean;
  open: boolean;
  group: TreeGroup | null;
  position: number;
  count: number;
}

/** List every value of the groups. */
export function offersOf(groups: TreeGroup[]): Offer[] {
  const found: Offer[] = [];
  for (const group of groups) {
    const visit = (field: TreeField, within: string[]): void => {
      found.push({
        path: field.path,
        label: field.label,
        within,
        group: group.label,
        app: group.app,
        kind: group.kind,
        type: field.type,
        example: field.example,
        known: field.known,
        money: field.money ?? null,
      });
      for (const child of field.children) visit(child, [...within, field.label]);
    };
    for (const field of group.fields) visit(field, []);
  }
  return found;
}

const fold = (text: string): string => text.toLocaleLowerCase();

/**
 * Return the offers that hold every word, best first: by the start of the label, then by its
 * words, then by the path, then by what stands around it.
 */
export function searchOffers(offers: Offer[], search: string, most = 50): Offer[] {
  const words = fold(search).split(/\s+/).filter(Boolean);
  if (words.length === 0) return offers.slice(0, most);
  const scored: { offer: Offer; score: number }[] = [];
  for (const offer of offers) {
    const score = scoreOf(offer, words);
    if (score > 0) scored.push({ offer, score });
  }
  scored.sort((a, b) => b.score - a.score);
  return scored.slice(0, most).map((each) => each.offer);
}

function scoreOf(offer: Offer, words: string[]): number {
  const label = fold(offer.label);
  const path = fold(offer.path);
  const around = fold([...offer.within, offer.group, offer.app ?? ""].join(" "));
  let score = offer.known ? 1 : 0;
  for (const word of words) {
    if (label.startsWith(word)) score += 8;
    else if (label.includes(` ${word}`)) score += 6;
    else if (path === word || path.endsWith(`.${word}`)) score += 6;
    else if (path.startsWith(word)) score += 5;
    else if (path.includes(`.${word}`) || label.includes(word)) score += 4;
    else if (path.includes(word)) score += 3;
    else if (around.includes(word)) score += 2;
    else return 0;
  }
  return score + 1 / (1 + path.length);
}

/** Drop what holds none of the words; what is above a find stays, and so does what is in one. */
export function narrowed(groups: TreeGroup[], search: string): TreeGroup[] {
  const words = fold(search).split(/\s+/).filter(Boolean);
  if (words.length === 0) return groups;
  return groups.flatMap((group) => {
    const fields = group.fields.flatMap((field) => keep(field, words, fold(group.label)));
    return fields.length > 0 ? [{ ...group, fields }] : [];
  });
}

function keep(field: TreeField, words: string[], around: string): TreeField[] {
  const text = `${around} ${fold(field.label)} ${fold(field.path)} ${exampleIn(field.example)}`;
  if (words.every((word) => text.includes(word))) return [field];
  const children = field.children.flatMap((child) => keep(child, words, `${around} ${fold(field.label)}`));
  return children.length > 0 ? [{ ...field, children }] : [];
}

function exampleIn(example: Json): string {
  return typeof example === "string" || typeof example === "number" ? fold(String(example)) : "";
}

/** The lines that are shown, given which ids are open. */
export function rowsOf(groups: TreeGroup[], isOpen: (id: string, level: number) => boolean): Row[] {
  const rows: Row[] = [];
  groups.forEach((group, index) => {
    const id = `g:${group.key}`;
    const open = isOpen(id, 1);
    rows.push({
      id,
      level: 1,
      label: group.label,
      path: "",
      type: "",
      example: null,
      known: true,
      unit: "",
      money: null,
      hasChildren: group.fields.length > 0,
      open,
      group,
      position: index + 1,
      count: groups.length,
    });
    if (open) addFields(rows, group.fields, 2, isOpen);
  });
  return rows;
}

function addFields(rows: Row[], fields: TreeField[], level: number, isOpen: (id: string, level: number) => boolean): void {
  fields.forEach((field, index) => {
    const open = field.children.length > 0 && isOpen(field.path, level);
    rows.push({
      id: field.path,
      level,
      label: field.label,
      path: field.path,
      type: field.type,
      example: field.example,
      known: field.known,
      unit: field.unit ?? "",
      money: field.money ?? null,
      hasChildren: field.children.length > 0,
      open,
      group: null,
      position: index + 1,
      count: fields.length,
    });
    if (open) addFields(rows, field.children, level + 1, isOpen);
  });
}

/** A value as a short text on one line. */
export function shown(value: Json | undefined, most = 60): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** What a type is called beside a value. */
export const TYPE_WORDS: Record<string, string> = {
  text: "text",
  long_text: "text",
  email: "e-mail",
  url: "address",
  integer: "number",
  number: "number",
  boolean: "yes or no",
  time: "time",
  choice: "choice",
  object: "object",
  list: "list",
  any: "any",
  null: "empty",
};
