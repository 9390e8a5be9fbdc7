/** Changes of the step that the panel shows. */

import type { ActionStep, Definition, Mapping, Step } from "../definition/types";
import { replaceStep } from "../definition/edit";
import { edit } from "../state/store";
import type { FieldSpec } from "./fields/model";
import { typingRun } from "./typing";

/** Change a step of the draft; `merge` names the field in which somebody types. */
export function changeStep<S extends Step>(step: S, label: string, part: Partial<S>, merge?: string): void {
  edit(
    label,
    (draft) => replaceStep(draft, step.id, (current) => ({ ...current, ...part }) as Step),
    merge === undefined ? {} : { merge: `${step.id}.${merge}.${typingRun()}` },
  );
}

/** Fill or empty one input of an action. */
export function setInput(step: ActionStep, key: string, label: string, mapping: Mapping | null): void {
  edit(
    `Change ${label}`,
    (draft) => replaceStep(draft, step.id, (current) => (current.kind === "action" ? withInput(current, key, mapping) : current)),
    { merge: `${step.id}.inputs.${key}.${typingRun()}` },
  );
}

export function withInput(step: ActionStep, key: string, mapping: Mapping | null): ActionStep {
  const { [key]: _before, ...others } = step.inputs;
  if (mapping === null) return { ...step, inputs: others };
  return { ...step, inputs: key in step.inputs ? { ...step.inputs, [key]: mapping } : { ...others, [key]: mapping } };
}

/** Turn an action into another one: inputs of the same name that fit stay, and so does the connection of the same app. */
export function withAction(
  step: ActionStep,
  action: { ref: string; name: string; app: string; inputs: FieldSpec[] },
  before: { name: string; app: string } | null,
): ActionStep {
  const fitting = Object.entries(step.inputs).filter(([key, mapping]) => {
    const field = action.inputs.find((each) => each.key === key);
    return field !== undefined && fits(field, mapping);
  });
  const isSameApp = before?.app === action.app;
  return {
    ...step,
    action: action.ref,
    name: before === null || step.name === before.name || step.name === "" ? action.name : step.name,
    connection: isSameApp ? step.connection : "",
    inputs: Object.fromEntries(fitting),
    confirmed: false,
  };
}

function fits(field: FieldSpec, mapping: Mapping): boolean {
  if ("template" in mapping) return field.literal !== true;
  if ("object" in mapping) return field.type === "object";
  if ("list" in mapping) return field.type === "list";
  const choices = field.choices ?? [];
  return choices.length === 0 || choices.some((choice) => choice.value === mapping.value) || Array.isArray(mapping.value);
}

/** Another trigger: the connection of the same app stays, options do not. */
export function withTrigger(draft: Definition, ref: string, isSameApp: boolean): Definition {
  const { trigger } = draft;
  return { ...draft, trigger: { ...trigger, trigger: ref, connection: isSameApp ? trigger.connection : "", options: {} } };
}
