/** One line that says how a step is set, for its card. Pure: names come from what is handed in. */
import type { ActionSpec, CatalogAction, Connection, OperatorSpec } from "../api/types";
import type { Deadline, Mapping, Operation, Step, TriggerPart } from "../definition/types";
import { describeCondition, mappingWords } from "../panel/conditions/describe";

export interface Known {
  action: (ref: string) => { app: { name: string }; action: CatalogAction } | null;
  connection: (code: string) => Connection | null;
  operators: OperatorSpec[];
  /** Labels of inputs, where the declaration was loaded. */
  spec?: ((ref: string) => ActionSpec | null) | undefined;
}

/** How a step is set: “Amount is at least 50”. Empty where nothing is set. */
export function summary(step: Step, known: Known): string {
  switch (step.kind) {
    case "action":
      return actionSummary(step.action, step.inputs, known);
    case "filter":
      return condition(step.condition, known, "Only if ");
    case "if":
      return condition(step.condition, known, "If ");
    case "switch":
      return `${counted(step.cases.length, "case")}: ${step.cases.map((one) => one.name).join(", ")}`;
    case "ai":
      return aiSummary(step);
    case "code":
      return firstLine(step.code) || "No code yet";
    case "transform":
      return step.operations.length ? step.operations.map(operation).join(", ") : "No operation yet";
    case "delay":
      return delay(step);
    case "for_each":
      return words(step.items) ? `Each of ${words(step.items)}, at most ${step.limit}` : "No list chosen yet";
    case "approval":
      return approval(step);
    case "wait_webhook":
      return `At most ${lasting(step.deadline)}`;
    case "stop":
      return `Ends as ${step.outcome}${words(step.message) ? `: ${words(step.message)}` : ""}`;
  }
}

export function triggerSummary(trigger: TriggerPart, known: Known): string {
  const connection = known.connection(trigger.connection);
  const options = Object.entries(trigger.options).filter(([, value]) => value !== null && value !== "");
  const told = options.slice(0, 2).map(([key, value]) => `${label(key)} ${short(value)}`);
  return [connection?.name, ...told].filter(Boolean).join(", ");
}

function actionSummary(ref: string, inputs: Record<string, Mapping>, known: Known): string {
  const fields = known.spec?.(ref)?.inputs ?? [];
  const named = (key: string) => fields.find((field) => field.key === key)?.label ?? label(key);
  const filled = Object.entries(inputs)
    .map(([key, mapping]) => [named(key), words(mapping)] as const)
    .filter(([, text]) => text !== "");
  if (filled.length) return filled.slice(0, 3).map(([name, text]) => `${name}: ${text}`).join(", ");
  return known.action(ref)?.action.description ?? "";
}

function condition(tree: Parameters<typeof describeCondition>[0], known: Known, before: string): string {
  const text = describeCondition(tree, { operators: known.operators });
  return text && !/^… \S+( …)?$/.test(text) && text !== "… equals …" ? before + text : "No condition yet";
}

function aiSummary(step: Extract<Step, { kind: "ai" }>): string {
  const { output } = step;
  const what =
    output.type === "labels"
      ? `Choose ${output.labels.map((one) => one.label).join(", ")}`
      : output.type === "schema"
        ? `Extract ${Object.keys((output.schema["properties"] as object | undefined) ?? {}).join(", ")}`
        : words(step.prompt) || "Write a text";
  return [step.model, what].filter(Boolean).join(": ");
}

const firstLine = (code: string) =>
  code
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line && !line.startsWith("#")) ?? "";

const OPERATIONS: Record<Operation["op"], string> = {
  set: "set",
  rename: "rename",
  pick: "pick",
  remove: "remove",
  filter: "filter",
  map: "change each",
  sort: "sort",
  unique: "remove doubles",
  take: "take",
  join: "join",
  count: "count",
  sum: "sum up",
  flatten: "flatten",
};

function operation(one: Operation): string {
  if (one.op === "rename") return `rename ${one.field} to ${one.to}`;
  if (one.op === "take") return `take ${one.count}`;
  if ("fields" in one) return `${OPERATIONS[one.op]} ${one.fields.join(", ")}`;
  return [OPERATIONS[one.op], one.field].filter(Boolean).join(" ");
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function delay(step: Extract<Step, { kind: "delay" }>): string {
  if (step.mode === "until") return `Until ${words(step.until) || "…"}`;
  if (step.mode === "time_of_day") {
    const days = step.days?.length ? ` on ${step.days.map((day) => DAYS[day]).join(", ")}` : "";
    return `Until ${step.time ?? "…"} ${step.zone ?? ""}${days}`;
  }
  const amount = words(step.amount) || "…";
  return `For ${amount} ${amount === "1" ? step.unit?.replace(/s$/, "") : step.unit}`;
}

function approval(step: Extract<Step, { kind: "approval" }>): string {
  const people = step.approvers.map((one) => one.email).filter(Boolean);
  const who = people.length > 1 ? `${people[0]} or ${counted(people.length - 1, "other")}` : people[0];
  return who ? `${who}, within ${lasting(step.deadline)}` : "Nobody is asked yet";
}

const lasting = ({ amount, unit }: Deadline) => counted(amount, unit.replace(/s$/, ""));
const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const words = (mapping: Mapping | null | undefined) => mappingWords(mapping).replace(/\s+/g, " ");
const short = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

function label(key: string): string {
  const text = key.replace(/[_-]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
