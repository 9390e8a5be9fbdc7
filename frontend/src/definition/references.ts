/** Who mentions whom in templates: `steps.<id>` and `run.wait_urls.<id>`. */
import { walk } from "./walk";
import type { Definition, Step } from "./types";

const TAG = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;
const REFERENCE = /(?<![\w.])((?:steps|run\s*\.\s*wait_urls)\s*(?:\.\s*|\[\s*["']))([a-z][a-z0-9_]{0,39})(?![\w])/g;

/** Rename the steps that a template mentions; text outside of tags stays. */
export function renameInTemplate(template: string, ids: ReadonlyMap<string, string>): string {
  return template.replace(TAG, (tag) =>
    tag.replace(REFERENCE, (all, before: string, id: string) => {
      const fresh = ids.get(id);
      return fresh ? before + fresh : all;
    }),
  );
}

/** The ids of the steps that a template mentions. */
export function mentionedInTemplate(template: string): Set<string> {
  const found = new Set<string>();
  for (const [tag] of template.matchAll(TAG)) {
    for (const match of tag.matchAll(REFERENCE)) if (match[2]) found.add(match[2]);
  }
  return found;
}

/** Copy settings with every template in them changed; fixed values stay as they are. */
export function mapTemplates<T>(part: T, change: (template: string) => string): T {
  if (Array.isArray(part)) return part.map((one: unknown) => mapTemplates(one, change)) as T;
  if (typeof part !== "object" || part === null) return part;
  const keys = Object.keys(part);
  if (keys.length === 1 && keys[0] === "value") return part;
  const record = part as Record<string, unknown>;
  if (keys.length === 1 && keys[0] === "template" && typeof record["template"] === "string") {
    return { template: change(record["template"]) } as T;
  }
  return Object.fromEntries(keys.map((key) => [key, mapTemplates(record[key], change)])) as T;
}

/** The ids that the settings of a step itself mention, without those of the steps in its branches. */
export function mentioned(step: Step): Set<string> {
  const found = new Set<string>();
  const inner = new Set<unknown>(innerSequences(step));
  const look = (part: unknown): void => {
    if (inner.has(part)) return;
    if (Array.isArray(part)) part.forEach(look);
    else if (typeof part === "object" && part !== null) Object.values(part).forEach(look);
    else if (typeof part === "string" && part.includes("{")) {
      for (const id of mentionedInTemplate(part)) found.add(id);
    }
  };
  look(step);
  return found;
}

function innerSequences(step: Step): Step[][] {
  const inner: Step[][] = [];
  if (step.kind === "if") inner.push(step.then, step.else);
  if (step.kind === "switch") inner.push(...step.cases.map((one) => one.steps), step.default);
  if (step.kind === "for_each") inner.push(step.steps);
  if (step.on_error) inner.push(step.on_error.steps);
  return inner;
}

/** The steps outside of these that mention one of them. */
export function referringTo(definition: Definition, ids: ReadonlySet<string>): Step[] {
  return [...walk(definition.steps)].filter(
    (step) => !ids.has(step.id) && [...mentioned(step)].some((id) => ids.has(id)),
  );
}
