/* Which case of a switch an event takes, and how that is said. */

import type { ConditionResult } from "../api/types";
import type { SwitchStep } from "../definition/types";
import { isUnfinished } from "../panel/conditions/model";

/** Of each case: taken, or why not; `default` alike. Null while it is not known. */
export type CaseVerdict = "taken" | "holds" | "not" | "error" | null;

/** Return the verdict of every case by its id, and of the default branch as "default". */
export function verdicts(
  step: SwitchStep,
  conditions: Record<string, ConditionResult> | null | undefined,
): Record<string, CaseVerdict> {
  const found: Record<string, CaseVerdict> = {};
  let taken = false;
  let unsure = !conditions;
  for (const { id, condition } of step.cases) {
    const result = isUnfinished(condition) ? undefined : conditions?.[`cases.${id}`];
    if (result?.error) {
      found[id] = "error";
      // A condition that can't be decided fails the step, so nothing behind it is reached.
      unsure ||= !taken;
    } else if (result?.result === undefined || result.result === null) {
      found[id] = null;
      unsure ||= !taken;
    } else if (!result.result) {
      found[id] = "not";
    } else {
      found[id] = taken || unsure ? "holds" : "taken";
      taken ||= !unsure;
    }
  }
  found["default"] = unsure && !taken ? null : taken ? "not" : "taken";
  return found;
}

export const VERDICT_WORDS: Record<Exclude<CaseVerdict, null>, { text: string; look: string }> = {
  taken: { text: "The chosen event goes here", look: "success" },
  holds: { text: "Holds, but comes later", look: "info" },
  not: { text: "Does not hold", look: "neutral" },
  error: { text: "Can't be decided", look: "danger" },
};

/** Return a name for a new case that no case has. */
export function freeCaseName(taken: readonly string[]): string {
  for (let number = taken.length + 1; ; number += 1) {
    const name = `Case ${number}`;
    if (!taken.includes(name)) return name;
  }
}

/** Return an id that is not taken, such as "case_3". */
export function freeId(base: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const id = `${base}_${number}`;
    if (!taken.has(id)) return id;
  }
}
