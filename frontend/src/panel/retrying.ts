/** How a step is repeated, in words and in figures. The engine has the last word: see docs/steps.md. */

import type { ErrorBranch, Retry } from "../definition/types";

export const HOUR = 3600;
export const MOST_ATTEMPTS = 100;
export const LONGEST_HORIZON = 72 * HOUR;
export const LONGEST_DELAY = 24 * HOUR;

/** The rule that a step begins with when it gets one of its own. */
export const FIRST_RULE: Retry = { attempts: 8, first_delay: 30, factor: 2, max_delay: HOUR, horizon: null };

/** The pauses of a rule, in seconds, as far as its horizon lets them be. */
export function pauses(rule: Retry): number[] {
  const { factor = 2, max_delay = HOUR, horizon = null } = rule;
  const longest = Math.max(max_delay, rule.first_delay);
  const found: number[] = [];
  let passed = 0;
  for (let each = 1; each < rule.attempts; each += 1) {
    const pause = Math.min(rule.first_delay * factor ** (each - 1), longest);
    if (horizon !== null && passed + pause > horizon) break;
    passed += pause;
    found.push(pause);
  }
  return found;
}

/** A span in its largest unit that is not below one: "3 hours", "1.5 days". */
export function span(seconds: number): string {
  const units: [number, string][] = [
    [24 * HOUR, "day"],
    [HOUR, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  const [size, name] = units.find(([each]) => seconds >= each) ?? [1, "second"];
  const number = seconds / size;
  const text = number < 9.95 ? String(Math.round(number * 10) / 10) : String(Math.round(number));
  return `${text} ${name}${text === "1" ? "" : "s"}`;
}

/** What follows when the last attempt has failed. */
function whatThen(branch: ErrorBranch | null): string {
  if (branch === null) return "then the run fails";
  const first = branch.steps.length > 0 ? "the error branch, and " : "";
  return `then ${first}the run ${branch.then === "continue" ? "goes on" : "fails"}`;
}

/** The rule in one sentence: "Up to 8 times over about 1.1 hours, then the run fails." */
export function sentence(rule: Retry | null, branch: ErrorBranch | null): string {
  if (rule === null) return `Up to 20 times over about 8 hours, ${whatThen(branch)}.`;
  const waits = pauses(rule);
  if (waits.length === 0) return `Tried once, ${whatThen(branch)}.`;
  const passed = waits.reduce((sum, each) => sum + each, 0);
  return `Up to ${waits.length + 1} times over about ${span(passed)}, ${whatThen(branch)}.`;
}
