/* What a new step of each kind begins with: sensible, and readable by the server at once. */

import type { Condition, Mapping, Operation, Step, StepBase, StepKind, StepOf } from "../definition/types";
import { catalog } from "../state/store";

export type LogicKind = Exclude<StepKind, "action">;

/** The key of what an AI step can be started from; the catalog has them. */
export type AiPreset = "classify" | "extract" | "write";

export const LOGIC_NAMES: Record<LogicKind, string> = {
  filter: "Filter",
  if: "If",
  switch: "Switch",
  ai: "AI",
  code: "Code",
  transform: "Transform",
  delay: "Delay",
  for_each: "For each",
  approval: "Approval",
  wait_webhook: "Wait for webhook",
  stop: "Stop",
};

export const emptyTemplate = (): Mapping => ({ template: "" });

/** A condition of one comparison that is still to be filled. */
export function emptyCondition(): Condition {
  return { all: [{ left: emptyTemplate(), op: "equals", right: { value: "" } }] };
}

export interface NewStepOptions {
  name?: string;
  /** What an AI step begins with. */
  preset?: AiPreset;
  /** Makes ids for what has ids of its own inside the step, such as the cases of a switch. */
  freshId?: (base: string) => string;
}

/** Make a step of a kind of logic. */
export function defaultStep<K extends LogicKind>(kind: K, id: string, options?: NewStepOptions): StepOf<K>;
export function defaultStep(kind: LogicKind, id: string, options: NewStepOptions = {}): Step {
  const base: StepBase = {
    id,
    name: options.name || LOGIC_NAMES[kind],
    disabled: false,
    note: "",
    on_error: null,
    retry: null,
    timeout: null,
  };
  const freshId = options.freshId ?? ((wanted: string) => `${id.slice(0, 39 - wanted.length)}_${wanted}`);
  switch (kind) {
    case "filter":
      return { ...base, kind, condition: emptyCondition() };
    case "if":
      return { ...base, kind, condition: emptyCondition(), then: [], else: [] };
    case "switch":
      return { ...base, kind, cases: [newCase(freshId("case_1"), "Case 1"), newCase(freshId("case_2"), "Case 2")], default: [] };
    case "ai":
      return { ...newAi(base, options.preset), ...(options.name ? { name: options.name } : {}) };
    case "code":
      return { ...base, kind, timeout: 1, inputs: {}, code: "# The last value is the step's output.\ninputs\n" };
    case "transform":
      return { ...base, kind, source: null, operations: [newOperation("set")] };
    case "delay":
      return {
        ...base,
        kind,
        mode: "for",
        amount: { value: 5 },
        unit: "minutes",
        until: null,
        time: "09:00",
        zone: ownZone(),
        days: [],
      };
    case "for_each":
      return {
        ...base,
        kind,
        items: emptyTemplate(),
        limit: 100,
        over_limit: "fail",
        concurrency: 1,
        on_item_error: "stop",
        steps: [],
      };
    case "approval":
      return {
        ...base,
        kind,
        message: { template: "Please look at this and decide." },
        approvers: [],
        connection: "",
        deadline: { amount: 3, unit: "days" },
        on_deadline: "deny",
        on_denied: "stop",
      };
    case "wait_webhook":
      return { ...base, kind, deadline: { amount: 3, unit: "days" }, on_timeout: "continue" };
    case "stop":
      return { ...base, kind, outcome: "succeeded", message: null };
  }
}

export function newCase(id: string, name: string): StepOf<"switch">["cases"][number] {
  return { id, name, condition: emptyCondition(), steps: [] };
}

/** An operation of a transform step, still to be filled. */
export function newOperation(op: Operation["op"]): Operation {
  switch (op) {
    case "set":
      return { op, field: "", value: emptyTemplate() };
    case "rename":
      return { op, field: "", to: "" };
    case "pick":
    case "remove":
      return { op, fields: [] };
    case "filter":
      return { op, condition: { all: [{ left: { template: "{{ item }}" }, op: "is_not_empty" }] } };
    case "map":
      return { op, value: { template: "{{ item }}" } };
    case "sort":
      return { op, descending: false };
    case "take":
      return { op, count: 10 };
    case "join":
      return { op, separator: ", " };
    case "unique":
    case "count":
    case "sum":
    case "flatten":
      return { op };
  }
}

function newAi(base: StepBase, preset?: AiPreset): StepOf<"ai"> {
  const start = catalog.value.ai?.presets.find(({ key }) => key === preset)?.step ?? {};
  return {
    ...base,
    kind: "ai",
    timeout: 30,
    provider: "openai",
    connection: "",
    model: "",
    system: null,
    prompt: emptyTemplate(),
    output: { type: "text" },
    max_tokens: 1024,
    temperature: null,
    ...structuredClone(start),
  };
}

/** The zone of whoever makes the step. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
