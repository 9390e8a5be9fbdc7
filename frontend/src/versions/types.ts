/** What the server tells of versions and of going live. */
import type { Connection, Live, Mark, PageData, Problem, Saved } from "../api/types";
import type { Definition } from "../definition/types";

export interface Version {
  number: number;
  published_at: string;
  published_by: string;
  note: string;
  changes: string[];
  live: boolean;
}

export interface Versions {
  versions: Version[];
  draft: { saved_at: string; saved_by: string; changes: string[] };
}

export interface Compared {
  before: Definition;
  after: Definition;
  changes: string[];
  marks: Record<string, Mark>;
}

export interface Checklist {
  revision: number;
  live: number | null;
  problems: Problem[];
  warnings: { step_id: string; message: string }[];
  refused: { message: string; remedy: string } | null;
  connections: Connection[];
  changes: string[];
  marks: Record<string, Mark>;
  webhook: { told: string; event_types: string[]; unverified: boolean } | null;
  schedule: { zone: string; times: string[] } | null;
}

export interface Published {
  number: number;
  next_step: string;
  workflow: PageData["workflow"];
  live: Live;
}

export interface CaseResult {
  code: string;
  name: string;
  passed: boolean;
  differences: string[];
}

export type Restored = Saved & { draft: Definition };
