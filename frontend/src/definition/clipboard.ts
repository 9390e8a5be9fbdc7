/** Steps as text on the clipboard: from one workflow to another, or to a mail and back. */
import { complete } from "./complete";
import { copies, insert, refusal } from "./edit";
import type { Clipboard, Definition, Place, Step, StepKind } from "./types";
import { walk } from "./walk";

const KINDS: readonly StepKind[] = [
  "action",
  "filter",
  "if",
  "switch",
  "ai",
  "code",
  "transform",
  "delay",
  "for_each",
  "approval",
  "wait_webhook",
  "stop",
];

export function toClipboard(steps: Step[]): string {
  const clipboard: Clipboard = { tandem: "steps", schema: 1, steps };
  return JSON.stringify(clipboard, null, 2);
}

/** Read what was copied: the steps, or why they can not be read. */
export function fromClipboard(text: string): Step[] | string {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return "The clipboard holds no steps of Tandem.";
  }
  if (!isRecord(data) || data["tandem"] !== "steps" || !Array.isArray(data["steps"])) {
    return "The clipboard holds no steps of Tandem.";
  }
  if (data["schema"] !== 1) return "These steps were copied from a newer Tandem.";
  if (!data["steps"].length || !data["steps"].every(isStep)) return "The steps on the clipboard are damaged.";
  return data["steps"] as Step[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// Shape enough to be shown and edited; the server judges the rest.
function isStep(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const kind = value["kind"] as StepKind;
  const named = typeof value["name"] === "string" && /^[a-z][a-z0-9_]{0,39}$/.test(String(value["id"]));
  if (!named || !KINDS.includes(kind)) return false;
  const inner: unknown[] = [];
  if (kind === "if") inner.push(value["then"], value["else"]);
  if (kind === "for_each") inner.push(value["steps"]);
  if (kind === "switch") {
    const cases = value["cases"];
    if (!Array.isArray(cases) || !cases.every((one) => isRecord(one) && typeof one["id"] === "string")) return false;
    inner.push(...cases.map((one: Record<string, unknown>) => one["steps"]), value["default"]);
  }
  const onError = value["on_error"];
  if (onError !== null && onError !== undefined) {
    if (!isRecord(onError)) return false;
    inner.push(onError["steps"]);
  }
  return inner.every((steps) => Array.isArray(steps) && steps.every(isStep));
}

export interface Pasted {
  definition: Definition;
  /** Ids of the steps at the top of what was pasted. */
  ids: string[];
  /** Steps whose connection is none of this workspace: kept by code, to be chosen anew. */
  foreign: Step[];
}

/** Put copied steps in, under fresh ids. A text says why they can not stand there. */
export function paste(
  definition: Definition,
  place: Place,
  steps: readonly Step[],
  known: ReadonlySet<string>,
): Pasted | string {
  const fresh = copies(definition, steps.map(complete));
  const no = refusal(definition, fresh, place);
  if (no) return no;
  const foreign = [...walk(fresh)].filter(
    (step) => "connection" in step && step.connection !== "" && !known.has(step.connection),
  );
  return { definition: insert(definition, place, ...fresh), ids: fresh.map((step) => step.id), foreign };
}
