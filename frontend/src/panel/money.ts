/** Amounts in minor units, told so that nobody takes 50 for 50.00. Pure. */

import type { Money } from "../api/types";
import type { Json, Mapping } from "../definition/types";
import { tokenize } from "./pills/template";

/** Filters that leave an amount in its unit. */
const KEEPING = new Set(["default", "plus", "minus", "abs", "round", "ceil", "floor"]);

/** An amount of this many whole units or more is what people mean without a second look. */
const SMALL = 10;

/** Comparisons whose right side is an amount as the left is; those of lists have several. */
const LISTS = new Set(["in_list", "not_in_list"]);
const OF_AMOUNTS = new Set(["equals", "not_equals", "greater_than", "at_least", "less_than", "at_most", ...LISTS]);

export function comparesAmounts(op: string): boolean {
  return OF_AMOUNTS.has(op);
}

/** The path of the amount that a template is; null where it is more than one pill, or changed into something else. */
export function amountPath(left: Mapping): (string | number)[] | null {
  if (!("template" in left)) return null;
  const [only, second] = tokenize(left.template.trim());
  if (only?.kind !== "pill" || second !== undefined) return null;
  return only.pill.filters.every((filter) => KEEPING.has(filter.name)) ? only.pill.path : null;
}

/** Write minor units with the currency: 4900 as “49.00 USD”; "" where value or currency are not known. */
export function moneyText(value: Json | undefined, money: Money | null): string {
  const { currency, decimals } = known(money) ?? {};
  if (currency === undefined || decimals === undefined) return "";
  const digits = wholeOf(value);
  return digits === null ? "" : `${shifted(digits, decimals)} ${currency}`;
}

/** How the right side of a comparison is read. */
export function unitHint(money: Money, isExample: boolean): string {
  const found = known(money);
  if (found === null) {
    return "An amount in the currency's smallest unit. Which currency is not known here: 5000 is 50.00 USD, but 5000 JPY.";
  }
  const whose = isExample ? "the example's currency" : "this event's currency";
  if (found.decimals === 0) return `An amount in the smallest unit. ${found.currency}, ${whose}, has no smaller unit: 5000 is 5000 ${found.currency}.`;
  return `An amount in the smallest unit of ${found.currency}, ${whose}: 5000 is ${shifted("5000", found.decimals)} ${found.currency}.`;
}

/** What is likely wrong with the fixed amounts on the right side, "" for nothing. */
export function amountWarning(op: string, right: Mapping | null | undefined, money: Money): string {
  const numbers = fixedNumbers(right, LISTS.has(op));
  const broken = numbers.find((each) => !Number.isInteger(each));
  const found = known(money);
  if (broken !== undefined) {
    const digits = found === null ? null : wholeOf(inMinor(broken, found.decimals));
    const meant = found === null || digits === null ? "" : ` If ${shifted(digits, found.decimals)} ${found.currency} is meant, write ${digits}.`;
    return `${broken} is not a whole number, and amounts in the smallest unit are whole.${meant}`;
  }
  if (found === null || found.decimals === 0) return "";
  const most = SMALL * 10 ** found.decimals;
  const small = numbers.find((each) => each !== 0 && Math.abs(each) < most);
  if (small === undefined) return "";
  const larger = `${small}${"0".repeat(found.decimals)}`;
  const text = (digits: string): string => `${shifted(digits, found.decimals)} ${found.currency}`;
  return `${small} is ${text(String(small))}. If ${text(larger)} is meant, write ${larger}.`;
}

function known(money: Money | null): { currency: string; decimals: number } | null {
  if (money === null || money.currency === null || money.decimals === null) return null;
  return { currency: money.currency, decimals: money.decimals };
}

/** The digits of a whole number, "-" before them; null for anything else. */
function wholeOf(value: Json | undefined): string | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : null;
  return typeof value === "string" && /^-?\d{1,30}$/.test(value.trim()) ? value.trim() : null;
}

/** A decimal point put into digits: no arithmetic, so nothing is rounded. */
function shifted(digits: string, decimals: number): string {
  const sign = digits.startsWith("-") ? "-" : "";
  const plain = digits.replace("-", "").padStart(decimals + 1, "0");
  return decimals === 0 ? sign + plain : `${sign}${plain.slice(0, -decimals)}.${plain.slice(-decimals)}`;
}

/** A number with its point moved to the right, where nothing is left behind the point. */
function inMinor(value: number, decimals: number): string {
  const [whole = "", fraction = ""] = String(value).split(".");
  return fraction.length > decimals ? "" : `${whole}${fraction.padEnd(decimals, "0")}`.replace(/^(-?)0+(?=\d)/, "$1");
}

function fixedNumbers(right: Mapping | null | undefined, isList: boolean): number[] {
  if (right === null || right === undefined) return [];
  const given = "value" in right ? right.value : "template" in right ? right.template : null;
  const all = Array.isArray(given) ? given : typeof given === "string" && isList ? given.split(",") : [given];
  return all.flatMap((each) => {
    if (typeof each === "number") return [each];
    const text = typeof each === "string" ? each.trim() : "";
    return /^-?\d{1,15}(\.\d{1,9})?$/.test(text) ? [Number(text)] : [];
  });
}
