/** Conditions as a tree that is edited: nodes are found by their place, changes make a new tree. */

import type { Condition, Leaf, Mapping } from "../../definition/types";
import type { OperatorSpec } from "../../api/types";

/** Where a node stands: `["all", 0, "not"]`. The server names a comparison by the same words. */
export type Place = (string | number)[];

export type GroupKind = "all" | "any";

export const EMPTY_LEAF: Leaf = { left: { template: "" }, op: "equals", right: { value: "" } };

export function isLeaf(node: Condition): node is Leaf {
  return "op" in node || "left" in node;
}

export function groupKind(node: Condition): GroupKind | null {
  if ("all" in node) return "all";
  return "any" in node ? "any" : null;
}

export function members(node: Condition): Condition[] {
  if ("all" in node) return node.all;
  return "any" in node ? node.any : [];
}

export function group(kind: GroupKind, nodes: Condition[]): Condition {
  return kind === "all" ? { all: nodes } : { any: nodes };
}

/** The tree with a group outermost, as the editor shows it: a lone comparison stands in one of its own. */
export function rooted(condition: Condition): Condition {
  return groupKind(condition) === null ? { all: [condition] } : condition;
}

/** The text of a place, as the server writes it. */
export function placeText(place: Place): string {
  return place.join(".");
}

/** A node without its “not”, and whether it had one. */
export function unnegated(node: Condition): { node: Condition; negated: boolean; inner: Place } {
  return "not" in node ? { node: node.not, negated: true, inner: ["not"] } : { node, negated: false, inner: [] };
}

export function at(tree: Condition, place: Place): Condition | null {
  const [head, next, ...rest] = place;
  if (head === undefined) return tree;
  if (head === "not") return "not" in tree ? at(tree.not, place.slice(1)) : null;
  const child = groupKind(tree) === head && typeof next === "number" ? members(tree)[next] : undefined;
  return child === undefined ? null : at(child, rest);
}

/** Change the node at a place; null drops it. A group that loses its last member goes with it. */
export function change(tree: Condition, place: Place, edit: (node: Condition) => Condition | null): Condition | null {
  const [head, next, ...rest] = place;
  if (head === undefined) return edit(tree);
  if (head === "not") {
    if (!("not" in tree)) return tree;
    const inner = change(tree.not, place.slice(1), edit);
    return inner === null ? null : { not: inner };
  }
  const kind = groupKind(tree);
  if (kind !== head || typeof next !== "number") return tree;
  const nodes = members(tree).flatMap((node, index) => {
    if (index !== next) return [node];
    const changed = change(node, rest, edit);
    return changed === null ? [] : [changed];
  });
  return nodes.length === 0 ? null : group(kind, nodes);
}

/** Add a node at the end of the group at a place. */
export function add(tree: Condition, place: Place, node: Condition): Condition {
  return (
    change(tree, place, (found) => {
      const kind = groupKind(found);
      return kind === null ? found : group(kind, [...members(found), node]);
    }) ?? tree
  );
}

export function negate(tree: Condition, place: Place): Condition {
  return change(tree, place, (node) => ("not" in node ? node.not : { not: node })) ?? tree;
}

/** The group that a node stands in, the node's index there, and how many there are. */
export function siblings(tree: Condition, place: Place): { parent: Place; index: number; count: number } | null {
  let end = place.length;
  while (end > 0 && place[end - 1] === "not") end -= 1;
  const index = place[end - 1];
  if (typeof index !== "number") return null;
  const parent = place.slice(0, end - 2);
  const found = at(tree, parent);
  return found === null ? null : { parent, index, count: members(found).length };
}

/** Move a member of a group to another index in it. */
export function reorder(tree: Condition, parent: Place, from: number, to: number): Condition {
  return (
    change(tree, parent, (found) => {
      const kind = groupKind(found);
      if (kind === null) return found;
      const nodes = [...members(found)];
      const [moved] = nodes.splice(from, 1);
      if (moved === undefined) return found;
      nodes.splice(Math.max(0, Math.min(to, nodes.length)), 0, moved);
      return group(kind, nodes);
    }) ?? tree
  );
}

/** Move a node into another group, at its end; nothing moves into itself. */
export function moveInto(tree: Condition, from: Place, into: Place): Condition {
  if (into.length >= from.length && from.every((segment, index) => into[index] === segment)) return tree;
  const node = at(tree, from);
  if (node === null) return tree;
  // The place is filled first and emptied afterwards: so no place shifts before it is used.
  return change(add(tree, into, node), from, () => null) ?? tree;
}

/** The comparison with another operator: its right side comes or goes with it. */
export function withOperator(leaf: Leaf, op: string, operators: OperatorSpec[]): Leaf {
  const operator = operators.find((each) => each.op === op);
  const { right, ignore_case: ignoresCase, ...rest } = leaf;
  const next: Leaf = { ...rest, op };
  if (operator === undefined || operator.right) next.right = right ?? { value: "" };
  if (ignoresCase && takesCase(op)) next.ignore_case = true;
  return next;
}

const CASED = new Set(["equals", "not_equals", "contains", "not_contains", "starts_with", "ends_with", "in_list", "not_in_list"]);

/** Whether an operator can ignore case. */
export function takesCase(op: string): boolean {
  return CASED.has(op);
}

const KIND_OF_TYPE: Record<string, string> = {
  text: "text",
  long_text: "text",
  email: "text",
  url: "text",
  choice: "text",
  integer: "number",
  number: "number",
  boolean: "boolean",
  time: "time",
  list: "list",
  object: "object",
};

/** The operators made for a type first; the others after them, since a type is only what is declared. */
export function operatorsFor(type: string, operators: OperatorSpec[]): { fitting: OperatorSpec[]; others: OperatorSpec[] } {
  const kind = KIND_OF_TYPE[type];
  if (kind === undefined) return { fitting: operators, others: [] };
  // A time is a number of seconds as well.
  const fits = (each: OperatorSpec): boolean =>
    each.types.length === 0 || each.types.includes(kind) || (kind === "time" && each.types.includes("number"));
  return { fitting: operators.filter(fits), others: operators.filter((each) => !fits(each)) };
}

/** Read what was typed on the right: data, a number or truth value where the left is one, else text. */
export function readRight(text: string, type: string): Mapping {
  if (text.includes("{{") || text.includes("{%")) return { template: text };
  const kind = KIND_OF_TYPE[type];
  const plain = text.trim();
  if ((kind === "number" || kind === "time") && /^-?\d{1,15}(\.\d{1,9})?$/.test(plain)) return { value: Number(plain) };
  if (kind === "boolean" && (plain === "true" || plain === "false")) return { value: plain === "true" };
  return { value: text };
}

/** Whether a comparison has nothing to compare yet: two empty sides are equal, which says nothing. */
export function isUnfinished(condition: Condition): boolean {
  if ("all" in condition) return condition.all.some(isUnfinished);
  if ("any" in condition) return condition.any.some(isUnfinished);
  if ("not" in condition) return isUnfinished(condition.not);
  return "template" in condition.left && condition.left.template.trim() === "";
}

/** Count the comparisons of a tree. */
export function countLeaves(node: Condition): number {
  if ("not" in node) return countLeaves(node.not);
  const kind = groupKind(node);
  return kind === null ? 1 : members(node).reduce((sum, each) => sum + countLeaves(each), 0);
}
