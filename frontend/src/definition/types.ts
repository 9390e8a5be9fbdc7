/** The one JSON form of a workflow: the draft, a version, an export and the clipboard. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One field of a step's input and what fills it: tagged, never guessed. */
export type Mapping = ValueMapping | TemplateMapping | ObjectMapping | ListMapping;
export interface ValueMapping {
  value: Json;
}
export interface TemplateMapping {
  template: string;
}
export interface ObjectMapping {
  object: Record<string, Mapping>;
}
export interface ListMapping {
  list: Mapping[];
}

/** A tree of all, any and not with comparisons as leaves. */
export type Condition = AllCondition | AnyCondition | NotCondition | Leaf;
export interface AllCondition {
  all: Condition[];
}
export interface AnyCondition {
  any: Condition[];
}
export interface NotCondition {
  not: Condition;
}
export interface Leaf {
  left: Mapping;
  op: string;
  right?: Mapping | null;
  ignore_case?: boolean;
}

export interface Retry {
  attempts: number;
  /** Seconds. */
  first_delay: number;
  /** How many times as long as the pause before each one is; 1 keeps it. Left out by older versions: 2. */
  factor?: number;
  /** Seconds. Left out by older versions: an hour. */
  max_delay?: number;
  /** Seconds from the first attempt to the last; null or left out: by attempts alone. */
  horizon?: number | null;
}

export interface ErrorBranch {
  steps: Step[];
  then: "continue" | "fail";
}

export interface StepBase {
  id: string;
  name: string;
  disabled: boolean;
  note: string;
  on_error: ErrorBranch | null;
  retry: Retry | null;
  /** Seconds. */
  timeout: number | null;
}

export interface ActionStep extends StepBase {
  kind: "action";
  action: string;
  connection: string;
  inputs: Record<string, Mapping>;
  run_if: Condition | null;
  confirmed: boolean;
}

export interface FilterStep extends StepBase {
  kind: "filter";
  condition: Condition;
}

export interface IfStep extends StepBase {
  kind: "if";
  condition: Condition;
  then: Step[];
  else: Step[];
}

export interface SwitchCase {
  id: string;
  name: string;
  condition: Condition;
  steps: Step[];
}

export interface SwitchStep extends StepBase {
  kind: "switch";
  cases: SwitchCase[];
  default: Step[];
}

export interface AiLabel {
  label: string;
  meaning: string;
}

export type AiOutput =
  | { type: "text" }
  | { type: "labels"; labels: AiLabel[] }
  | { type: "schema"; schema: { [key: string]: Json } };

export interface AiStep extends StepBase {
  kind: "ai";
  provider: "openai" | "anthropic";
  connection: string;
  model: string;
  system: Mapping | null;
  prompt: Mapping;
  output: AiOutput;
  max_tokens: number;
  temperature: number | null;
}

export interface CodeStep extends StepBase {
  kind: "code";
  inputs: Record<string, Mapping>;
  code: string;
}

export type Operation =
  | { op: "set"; field: string; value: Mapping }
  | { op: "rename"; field: string; to: string }
  | { op: "pick"; fields: string[] }
  | { op: "remove"; fields: string[] }
  | { op: "filter"; field?: string | null; condition: Condition }
  | { op: "map"; field?: string | null; value: Mapping }
  | { op: "sort"; field?: string | null; by?: string | null; descending?: boolean }
  | { op: "unique"; field?: string | null; by?: string | null }
  | { op: "take"; field?: string | null; count: number }
  | { op: "join"; field?: string | null; separator: string; to?: string | null }
  | { op: "count"; field?: string | null; to?: string | null }
  | { op: "sum"; field?: string | null; by?: string | null; to?: string | null }
  | { op: "flatten"; field?: string | null };

export interface TransformStep extends StepBase {
  kind: "transform";
  source: Mapping | null;
  operations: Operation[];
}

/** Only the settings of its mode are meant; the others keep their defaults. */
export interface DelayStep extends StepBase {
  kind: "delay";
  mode: "for" | "until" | "time_of_day";
  amount?: Mapping | null;
  unit?: "seconds" | "minutes" | "hours" | "days";
  until?: Mapping | null;
  time?: string;
  zone?: string;
  days?: number[];
}

export interface ForEachStep extends StepBase {
  kind: "for_each";
  items: Mapping;
  limit: number;
  over_limit: "fail" | "first";
  concurrency: number;
  on_item_error: "stop" | "continue";
  steps: Step[];
}

export interface Deadline {
  amount: number;
  unit: "minutes" | "hours" | "days";
}

export interface ApprovalStep extends StepBase {
  kind: "approval";
  message: Mapping;
  approvers: { email: string }[];
  connection: string;
  deadline: Deadline;
  on_deadline: "deny" | "approve";
  on_denied: "stop" | "continue";
}

export interface WaitWebhookStep extends StepBase {
  kind: "wait_webhook";
  deadline: Deadline;
  on_timeout: "continue" | "stop" | "fail";
}

export interface StopStep extends StepBase {
  kind: "stop";
  outcome: "succeeded" | "filtered" | "failed";
  message: Mapping | null;
}

export type Step =
  | ActionStep
  | FilterStep
  | IfStep
  | SwitchStep
  | AiStep
  | CodeStep
  | TransformStep
  | DelayStep
  | ForEachStep
  | ApprovalStep
  | WaitWebhookStep
  | StopStep;

export type StepKind = Step["kind"];
export type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;

export interface TriggerPart {
  id: "trigger";
  trigger: string;
  connection: string;
  options: Record<string, Json>;
}

/** Runs whose events agree in `by`, one field of the trigger, go one after the other. */
export interface RunOrder {
  by: string;
  /** What becomes of an event that comes behind a newer one that has run. */
  late: "run" | "supersede";
}

export interface Definition {
  schema: 1;
  trigger: TriggerPart;
  order?: RunOrder;
  steps: Step[];
  notes: string;
}

/** Where a step stands or shall stand. `parent` is null at the top; `index` counts in the slot. */
export interface Place {
  parent: string | null;
  slot: Slot;
  index: number;
}

export type Slot = "steps" | "then" | "else" | "default" | "on_error" | `case:${string}`;

export interface Clipboard {
  tandem: "steps";
  schema: 1;
  steps: Step[];
}

export const MAX_STEPS = 200;
export const MAX_LEVELS = 8;
