/** A condition in words, for a card or a heading. */

import type { Condition, Leaf, Mapping } from "../../definition/types";
import type { OperatorSpec } from "../../api/types";
import { humanized } from "../pills/labels";
import { formatPath, type Segment, tokenize } from "../pills/template";
import { members } from "./model";

export interface DescribeOptions {
  /** Name a path; by default its last words. */
  nameOf?: (path: Segment[]) => string;
  operators?: OperatorSpec[];
}

const WORDS: Record<string, string> = {
  equals: "equals",
  not_equals: "does not equal",
  contains: "contains",
  not_contains: "does not contain",
  starts_with: "starts with",
  ends_with: "ends with",
  greater_than: "is greater than",
  at_least: "is at least",
  less_than: "is less than",
  at_most: "is at most",
  before: "is before",
  after: "is after",
  in_list: "is one of",
  not_in_list: "is none of",
  is_empty: "is empty",
  is_not_empty: "is not empty",
  is_true: "is true",
  is_false: "is false",
  exists: "has a value",
};

const ONE_SIDED = new Set(["is_empty", "is_not_empty", "is_true", "is_false", "exists"]);

/** Say a condition in words: “Amount is greater than 50 and (Plan equals pro or Plan equals team)”. */
export function describeCondition(condition: Condition | null | undefined, options: DescribeOptions = {}): string {
  if (condition === null || condition === undefined) return "";
  return describeNode(condition, options, true);
}

function describeNode(node: Condition, options: DescribeOptions, isOutermost: boolean): string {
  if ("not" in node) return `not (${describeNode(node.not, options, true)})`;
  if ("all" in node || "any" in node) {
    const parts = members(node).map((each) => describeNode(each, options, members(node).length === 1 && isOutermost));
    const text = parts.filter(Boolean).join("all" in node ? " and " : " or ");
    return isOutermost || parts.length < 2 ? text : `(${text})`;
  }
  return describeLeaf(node, options);
}

function describeLeaf(leaf: Leaf, options: DescribeOptions): string {
  const left = mappingWords(leaf.left, options) || "…";
  const operator = options.operators?.find((each) => each.op === leaf.op);
  const verb = operator?.label ?? WORDS[leaf.op] ?? leaf.op;
  const hasRight = operator === undefined ? !ONE_SIDED.has(leaf.op) : operator.right;
  return hasRight ? `${left} ${verb} ${mappingWords(leaf.right, options) || "…"}` : `${left} ${verb}`;
}

/** A mapping in words: pills by their names, text as it is. */
export function mappingWords(mapping: Mapping | null | undefined, options: DescribeOptions = {}): string {
  if (mapping === null || mapping === undefined) return "";
  if ("template" in mapping) {
    const name = options.nameOf ?? humanized;
    return tokenize(mapping.template)
      .map((token) => (token.kind === "pill" ? name(token.pill.path) || formatPath(token.pill.path) : token.source))
      .join("")
      .trim();
  }
  if ("value" in mapping) {
    const { value } = mapping;
    if (Array.isArray(value)) return value.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join(", ");
    if (value === null) return "";
    return typeof value === "string" ? value : JSON.stringify(value);
  }
  return "object" in mapping ? "an object" : "a list";
}
