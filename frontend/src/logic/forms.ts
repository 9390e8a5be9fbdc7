/** Which form sets up which kind of step. The panel asks here, so that forms need not be known to it. */
import type { ComponentType } from "preact";
import type { StepKind, StepOf } from "../definition/types";

export interface FormProps<K extends StepKind = StepKind> {
  step: StepOf<K>;
  /** Replace the step; `merge` names the field in which somebody types, for one entry of the history. */
  onChange: (step: StepOf<K>, merge?: string) => void;
}

const forms = new Map<StepKind, ComponentType<FormProps>>();

export function registerForm<K extends StepKind>(kind: K, form: ComponentType<FormProps<K>>): void {
  forms.set(kind, form as unknown as ComponentType<FormProps>);
}

export function formFor(kind: StepKind): ComponentType<FormProps> | null {
  return forms.get(kind) ?? null;
}
