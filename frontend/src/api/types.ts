/** What the editor's API answers and takes. */
import type { AiStep, Condition, Definition, Json, Mapping } from "../definition/types";

/** What the page carries in `#editor-data`. */
export interface PageData {
  workflow: { pk: number; code: string; name: string; status: string; url: string };
  api: string;
  urls: { overview: string; plain_form: string; runs: string; json: string };
  can: { edit: boolean; publish: boolean; operate: boolean; connect: boolean };
  user: { name: string };
  theme: "auto" | "light" | "dark";
  nonce: string;
}

export interface Problem {
  path: string;
  code: string;
  message: string;
  /** The step's name, for people. */
  step: string;
  field: string;
  /** "" for the workflow, "trigger" for the trigger. */
  step_id: string;
}

export interface Live {
  number: number;
  published_at: string;
  published_by: string;
}

export interface Connection {
  code: string;
  name: string;
  app: string;
  status: string;
  sandbox: boolean;
  label: string;
  url: string;
  /** Whether who asks made it; told by `state` alone. */
  mine?: boolean;
  /** Of an app of language models: the usual model, its prices in US dollars for a million tokens. */
  model?: UsualModel | null;
}

export interface UsualModel {
  name: string;
  input_price: number | null;
  output_price: number | null;
}

export interface Member {
  email: string;
  name: string;
}

export interface State {
  workflow: PageData["workflow"] & { live: Live | null };
  draft: Definition;
  revision: number;
  saved_at: string;
  saved_by: string;
  problems: Problem[];
  connections: Connection[];
  members: Member[];
}

export interface Saved {
  revision: number;
  saved_at: string;
  problems: Problem[];
}

/** The body of a 409 on `draft`. */
export interface StaleDraft {
  draft: Definition;
  revision: number;
  saved_by: string;
  changes: string[];
}

export interface CatalogTrigger {
  ref: string;
  name: string;
  description: string;
  keywords: string[];
}

export interface CatalogAction extends CatalogTrigger {
  effect: "read" | "upsert" | "create" | "delete";
  danger: string | null;
}

export interface CatalogApp {
  key: string;
  name: string;
  logo: string | null;
  category: string;
  triggers: CatalogTrigger[];
  actions: CatalogAction[];
}

export interface CatalogLogic {
  kind: string;
  /** Of the kind "action": which one. */
  action?: string;
  name: string;
  description: string;
  keywords: string[];
}

export interface FilterSpec {
  name: string;
  label: string;
  description: string;
  group: string;
  args: { name: string; type: string; default: Json }[];
  example: string;
}

export interface OperatorSpec {
  op: string;
  label: string;
  /** Whether it compares with something. */
  right: boolean;
  types: string[];
}

/** What the sandbox of code steps offers, what it allows and what it refuses. */
export interface CodeManual {
  functions: { name: string; signature: string; description: string; example: string; result: Json }[];
  /** Usable without an import. */
  modules_at_hand: string[];
  /** Those that can be imported. */
  modules: string[];
  limits: { name: string; value: string }[];
  refused: { name: string; reason: string }[];
}

/** A beginning for an AI step: `step` holds the parts of it that are set. */
export interface AiPreset {
  key: string;
  name: string;
  description: string;
  keywords: string[];
  step: Partial<Pick<AiStep, "name" | "system" | "prompt" | "output" | "max_tokens" | "temperature">>;
}

export interface Catalog {
  apps: CatalogApp[];
  logic: CatalogLogic[];
  filters: FilterSpec[];
  operators: OperatorSpec[];
  code?: CodeManual;
  ai?: { presets: AiPreset[] };
}

export type FieldType =
  | "text"
  | "long_text"
  | "email"
  | "url"
  | "integer"
  | "number"
  | "boolean"
  | "time"
  | "choice"
  | "object"
  | "list"
  | "any";

export interface Field {
  key: string;
  label: string;
  type: FieldType;
  required: boolean;
  help_text: string;
  default: Json;
  choices: { value: string; label: string }[];
  options_from: string | null;
  unit: string | null;
  unit_from: string | null;
  danger: string | null;
  example: Json;
  semantic: string | null;
  literal: boolean;
  /** Shown as a password, and never sent back. */
  secret?: boolean;
  keys_fixed: boolean;
  narrows: boolean;
  max_bytes: number | null;
  fields: Field[];
}

export interface ActionSpec {
  ref: string;
  app: string;
  name: string;
  description: string;
  effect: CatalogAction["effect"];
  idempotency: string;
  danger: string | null;
  decided_by: Json;
  modes: Json;
  any_of: Json;
  one_of: Json;
  needs_admin: boolean;
  inputs: Field[];
  outputs: Field[];
  sample: Json;
}

export interface TriggerSpec {
  options: Field[];
  fields: Field[];
  sample: Json;
  requires_connection: boolean;
}

/** The event that previews and tests are shown on. */
export type EventChoice =
  | { source: "sample" }
  | { source: "delivery"; code: string }
  | { source: "json"; payload: Json };

/** Step id → outputs of the last test. */
export type Outputs = Record<string, Json>;

export interface PreviewRequest {
  definition: Definition;
  event: EventChoice;
  outputs?: Outputs;
  step: string;
}

export interface Resolved {
  text: string;
  value: Json;
  error: string | null;
  remedy: string | null;
  empty: boolean;
  note: string | null;
}

export interface ConditionLeafResult {
  path: (string | number)[];
  op: string;
  left: Json;
  right: Json;
  result: boolean;
  note: string;
}

export interface ConditionResult {
  result: boolean | null;
  error: string | null;
  leaves: ConditionLeafResult[];
}

export interface ResolveAnswer {
  fields: Record<string, Resolved>;
  conditions: Record<string, ConditionResult>;
}

export interface TreeField {
  /** What goes between the braces. */
  path: string;
  label: string;
  type: string;
  example: Json;
  known: boolean;
  children: TreeField[];
  /** What it is counted in: "minor units", "seconds". */
  unit?: string | null;
  /** Of an amount in minor units. */
  money?: Money | null;
}

/** The currency that an amount has on the chosen event; nulls where it is not known. */
export interface Money {
  currency: string | null;
  decimals: number | null;
}

export interface TreeGroup {
  key: string;
  label: string;
  kind: "trigger" | "step" | "run" | "loop" | "error";
  app: string | null;
  fields: TreeField[];
}

export interface TreeAnswer {
  groups: TreeGroup[];
}

export interface RenderAnswer {
  text: string;
  value: Json;
  type: string;
  error: string | null;
}

export interface SuggestAnswer {
  inputs: Record<string, Mapping>;
  notes: Record<string, string>;
}

export interface PastEvent {
  code: string;
  event_id: string;
  type: string;
  at: string;
  summary: string;
}

export interface NewConnectionForm {
  app: string;
  fields: Field[];
  base_url: boolean;
  oauth: { available: boolean; url: string | null } | null;
  sandbox: boolean;
  help: string;
  /** A name to begin with, "" for none. */
  name?: string;
  /** Which base addresses this installation allows. */
  base_url_help?: string;
  docs_url?: string;
}

export interface LintProblem {
  line: number;
  column: number;
  end_column: number;
  message: string;
  severity: "error" | "warning" | "info";
}

export type StepOutcome = "succeeded" | "filtered" | "skipped" | "failed" | "waiting";

export interface RequestShown {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Json;
  key: string | null;
}

export interface StepResult {
  path: string;
  id: string;
  /** Of the item, in a For each body. */
  index: number | null;
  name: string;
  kind: string;
  outcome: StepOutcome;
  /** The branch taken: "then", "else", a case's id, "default". */
  branch: string;
  inputs: Json;
  outputs: Json;
  sampled: boolean;
  requests: RequestShown[];
  exchanges: Json[];
  conditions: Json[];
  error: { code: string; message: string; remedy: string; field: string } | null;
  ms: number;
}

export type Mark = "added" | "removed" | "changed";
export type { Condition };
