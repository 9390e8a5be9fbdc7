/* The operations of a transform step: what each is called, and what it still lacks. */

import type { Operation } from "../definition/types";

export type Op = Operation["op"];

interface OperationWords {
  label: string;
  help: string;
  /** Whether it works on a list: the value itself, or one of its fields. */
  list: boolean;
}

export const OPERATIONS: Record<Op, OperationWords> = {
  set: { label: "Set a field", help: "Add a field, or give one another value.", list: false },
  rename: { label: "Rename a field", help: "The value stays as it is.", list: false },
  pick: { label: "Keep some fields", help: "All others are left out.", list: false },
  remove: { label: "Leave fields out", help: "All others are kept.", list: false },
  filter: { label: "Keep some items", help: "Those for which the condition holds. “item” is the item.", list: true },
  map: { label: "Change every item", help: "Each item becomes this value. “item” is the item.", list: true },
  sort: { label: "Sort", help: "By the items themselves, or by one of their fields.", list: true },
  unique: { label: "Leave doubles out", help: "The first of equal items stays.", list: true },
  take: { label: "Take the first items", help: "The others are left out.", list: true },
  join: { label: "Join to a text", help: "The items with something between them.", list: true },
  count: { label: "Count", help: "How many items there are.", list: true },
  sum: { label: "Add up", help: "The items themselves, or one of their fields.", list: true },
  flatten: { label: "Flatten", help: "Inner lists give their items to the outer one, one level deep.", list: true },
};

export const OPS = Object.keys(OPERATIONS) as Op[];

/** Say what an operation still lacks, "" for nothing. Publishing says the same. */
export function lackOf(operation: Operation): string {
  switch (operation.op) {
    case "set":
      return operation.field.trim() ? "" : "Name the field to set.";
    case "rename":
      return operation.field.trim() && operation.to.trim() ? "" : "Name the field, and what it is called then.";
    case "pick":
    case "remove":
      return operation.fields.length ? "" : "Name at least one field.";
    default:
      return "";
  }
}

/** Read field names from text: one a line, or with commas between them. */
export function fieldNames(text: string): string[] {
  return [...new Set(text.split(/[\n,]/).map((name) => name.trim()).filter(Boolean))];
}
