/** The last test, and running one: dry in one request, real by asking again how it stands. */
import { batch, computed, signal } from "@preact/signals";
import { ApiError, get, post } from "../api/client";
import type { EventChoice } from "../api/types";
import type { Definition } from "../definition/types";
import { definition, event, outputs, results } from "../state/store";
import { announce } from "../ui";
import { answersOf, byStep, outputsOf, sentence } from "./outcome";
import type { Assume, DryAnswer, Plan, RealState, Result, Started } from "./types";

export interface LastTest {
  mode: "dry" | "real";
  /** The step that was tested alone; null for the whole workflow. */
  step: string | null;
  draft: Definition;
  event: EventChoice;
  steps: Result[];
  /** "" while it runs. */
  outcome: string;
  message: string;
  /** Where the run of a real test is looked at. */
  url: string;
}

export const last = signal<LastTest | null>(null);
/** What is being tested now: a step's id, "" for the whole workflow, null for nothing. */
export const testing = signal<string | null>(null);
export const failure = signal<ApiError | null>(null);
export const reads = signal(true);
export const assume = signal<Assume>({ approval: "approved", webhook: "received" });
/** Whether the drawer of the whole workflow's test is open. */
export const open = signal(false);

/** Whether the draft or the event is another one by now. */
export const stale = computed(
  () => last.value !== null && (last.value.draft !== definition.value || last.value.event !== event.value),
);

let running: AbortController | null = null;

const body = (step: string | null) => ({
  definition: definition.value,
  event: event.value,
  outputs: outputs.value,
  step,
});

/** Test the workflow, or one step, without changing anything. */
export async function testDry(step: string | null): Promise<void> {
  await during(step, async (signal) => {
    const [draft, chosen] = [definition.value, event.value];
    const asked = { ...body(step), mode: "dry", reads: reads.value, assume: assume.value };
    const answer = await post<DryAnswer>("test", asked, { signal });
    show({
      mode: "dry",
      step,
      draft,
      event: chosen,
      steps: answer.steps,
      outcome: answer.ended.outcome,
      message: answer.ended.message,
      url: "",
    });
    announce(sentence(answer.ended.outcome, answer.steps, "dry"));
  });
}

/** What a real test was asked for, and what the server says that it does. */
export interface Planned {
  asked: ReturnType<typeof body>;
  plan: Plan;
}

/** Ask what a real test would do. */
export async function planReal(step: string | null): Promise<Planned> {
  const asked = body(step);
  return { asked, plan: await post<Plan>("test/plan", { ...asked, mode: "real" }) };
}

/** For how long a real test is asked about; its run's page shows what comes behind it. */
const PATIENCE = 5 * 60_000;

/**
 * Test for real exactly what was planned, whatever the draft has become since.
 *
 * Whoever calls this has shown the plan and been told to go on; the server refuses where the digest
 * is not that of what it would do now.
 */
export async function testReal({ asked, plan }: Planned): Promise<void> {
  await during(asked.step, async (signal) => {
    const { run } = await post<Started>("test", { ...asked, mode: "real", confirmed: plan.digest }, { signal });
    const base = { mode: "real" as const, step: asked.step, draft: asked.definition, event: asked.event, url: run.url };
    show({ ...base, steps: [], outcome: "", message: "The test has been handed to the worker." });
    const until = Date.now() + PATIENCE;
    for (let wait = 300; ; wait = Math.min(wait * 1.5, 3000)) {
      await pause(wait, signal);
      const state = await get<RealState>(`test/${run.code}`, {}, signal);
      const told = [state.note, state.run.reason, state.run.remedy].filter(Boolean).join(" ");
      const late = !state.done && Date.now() > until;
      const outcome = state.done || late ? state.run.status : "";
      const more = late ? `${told || state.run.label} It is no longer watched here: open the run to see how it goes on.` : told;
      show({ ...base, steps: state.steps, outcome, message: more || (state.done ? "" : state.run.label) });
      if (!state.done && !late) continue;
      announce(sentence(outcome, state.steps, "real"));
      return;
    }
  });
}

/** Stop waiting; a real test goes on, and its run's page shows it. */
export function stopWaiting(): void {
  running?.abort();
}

/** Forget the results. */
export function forget(): void {
  batch(() => {
    last.value = null;
    failure.value = null;
    results.value = {};
    outputs.value = {};
  });
}

/** The answers of the last test that a test case keeps. */
export const keptAnswers = () => answersOf(last.value?.steps ?? []);

async function during(step: string | null, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  batch(() => {
    testing.value = step ?? "";
    failure.value = null;
  });
  try {
    await work(mine.signal);
  } catch (error) {
    if (mine.signal.aborted) return;
    failure.value = asError(error);
    announce(failure.value.message);
  } finally {
    if (running === mine) {
      running = null;
      testing.value = null;
    }
  }
}

function show(test: LastTest): void {
  batch(() => {
    last.value = test;
    // A step alone leaves what the others showed.
    results.value = test.step === null ? byStep(test.steps) : { ...results.value, ...byStep(test.steps) };
    outputs.value = outputsOf(test.step === null ? {} : outputs.value, test.steps);
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = () => {
      clearTimeout(timer);
      reject(new DOMException("Stopped", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stopped);
      resolve();
    }, milliseconds);
    if (signal.aborted) stopped();
    else signal.addEventListener("abort", stopped, { once: true });
  });
}

export const asError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(0, { message: "Something went wrong on this page.", remedy: "Reload it and test again." });
