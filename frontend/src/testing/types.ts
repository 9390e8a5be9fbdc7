/** What the server tells of tests and test cases. */
import type { PastEvent, Problem, StepResult } from "../api/types";
import type { Json } from "../definition/types";

/** A step's result with what else is to be said of it. */
export type Result = StepResult & { note?: string };

export interface DryAnswer {
  steps: Result[];
  ended: { outcome: string; message: string };
}

export interface Started {
  run: { code: string; url: string };
}

export interface RealState {
  done: boolean;
  steps: Result[];
  run: { code: string; status: string; label: string; reason: string; remedy: string; url: string };
  /** Why nothing happens, where no worker runs. */
  note: string;
}

export interface PlannedAct {
  step_id: string;
  step: string;
  what: string;
  app: string;
  connection: string;
  sandbox: boolean;
  changes: boolean;
  effect: string;
}

export interface Plan {
  acts: PlannedAct[];
  problems: Problem[];
  refused: string;
  /** How many acts change something at a real account. */
  live: number;
  /** Stands for exactly this plan; sent back by who goes on. */
  digest: string;
}

export interface TestCase {
  code: string;
  name: string;
  created_at: string;
  created_by: string;
  steps: number;
  requests: number;
}

export interface CaseResult {
  code: string;
  name: string;
  passed: boolean;
  differences: string[];
  /** Step id → what differs there. */
  steps: Record<string, string[]>;
}

export interface Events {
  events: PastEvent[];
}

/** What is taken for the answers of people and others in a dry test. */
export interface Assume {
  approval: "approved" | "denied";
  webhook: "received" | "timeout";
  body?: Json;
  answers?: Record<string, Json>;
}
