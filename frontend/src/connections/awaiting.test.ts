import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Connection } from "../api/types";
import { madeSince, poll } from "./awaiting";

const connection = (code: string, more: Partial<Connection> = {}): Connection => ({
  code,
  name: code,
  app: "shop",
  status: "connected",
  sandbox: false,
  label: "",
  url: "",
  mine: true,
  ...more,
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("only what this person made since is taken", () => {
  const before = new Set(["old"]);
  const all = [connection("old"), connection("other", { app: "mail" }), connection("colleague", { mine: false })];

  expect(madeSince(before, all, "shop")).toBe(null);
  expect(madeSince(before, [...all, connection("new")], "shop")?.code).toBe("new");
});

test("a slow look is waited for, and none comes once it is ended", async () => {
  const looks: ((done: boolean) => void)[] = [];
  const stop = poll(() => new Promise((resolve) => looks.push(resolve)), 2000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looks).toHaveLength(1);

  looks[0]?.(false);
  await vi.advanceTimersByTimeAsync(2000);
  expect(looks).toHaveLength(2);

  stop();
  looks[1]?.(false);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looks).toHaveLength(2);
});
