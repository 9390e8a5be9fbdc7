/** Small workflows for tests. */
import type { ActionStep, Definition, FilterStep, ForEachStep, IfStep, Step, StepBase, SwitchStep } from "./types";

const base = (id: string, name = id): StepBase => ({
  id,
  name,
  disabled: false,
  note: "",
  on_error: null,
  retry: null,
  timeout: null,
});

export const action = (id: string, inputs: ActionStep["inputs"] = {}, more: Partial<ActionStep> = {}): ActionStep => ({
  ...base(id),
  kind: "action",
  action: "customerio.track-event",
  connection: "c1",
  inputs,
  run_if: null,
  confirmed: false,
  ...more,
});

export const filter = (id: string, template = "{{ trigger.amount }}"): FilterStep => ({
  ...base(id),
  kind: "filter",
  condition: { all: [{ left: { template }, op: "at_least", right: { value: 50 } }] },
});

export const iff = (id: string, yes: Step[] = [], no: Step[] = []): IfStep => ({
  ...base(id),
  kind: "if",
  condition: { all: [{ left: { template: "{{ trigger.paid }}" }, op: "is_true" }] },
  then: yes,
  else: no,
});

export const choose = (id: string, cases: Record<string, Step[]>, otherwise: Step[] = []): SwitchStep => ({
  ...base(id),
  kind: "switch",
  cases: Object.entries(cases).map(([key, steps]) => ({
    id: key,
    name: key,
    condition: { all: [{ left: { template: "{{ trigger.attempt }}" }, op: "equals", right: { value: key } }] },
    steps,
  })),
  default: otherwise,
});

export const each = (id: string, steps: Step[] = []): ForEachStep => ({
  ...base(id),
  kind: "for_each",
  items: { template: "{{ trigger.lines }}" },
  limit: 100,
  over_limit: "fail",
  concurrency: 1,
  on_item_error: "stop",
  steps,
});

export const workflow = (...steps: Step[]): Definition => ({
  schema: 1,
  trigger: { id: "trigger", trigger: "stripe.invoice-payment-failed", connection: "s1", options: {} },
  steps,
  notes: "",
});
