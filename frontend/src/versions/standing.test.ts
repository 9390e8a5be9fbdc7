import { expect, test } from "vitest";
import type { Problem } from "../api/types";
import { lacksConnection, titleOfConnections } from "./standing";

const problem = (field: string): Problem => ({ path: "", code: "", message: "", step: "", field, step_id: "a" });
const sandbox = { status: "connected", sandbox: true } as const;

test("sandboxes are promised only where no connection is missing", () => {
  expect(titleOfConnections([sandbox], lacksConnection([]))).toContain("Everything runs in sandboxes");
  expect(titleOfConnections([sandbox], lacksConnection([problem("amount")]))).toContain("Everything runs in sandboxes");
  expect(titleOfConnections([sandbox], lacksConnection([problem("connection")]))).toBe("Connections chosen so far");
  expect(titleOfConnections([sandbox, { status: "connected", sandbox: false }], false)).toBe("Connections");
  expect(titleOfConnections([{ status: "broken", sandbox: true }], true)).toBe("A connection is broken");
});
