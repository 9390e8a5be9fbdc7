import { describe, expect, test } from "vitest";

import type { Connection } from "../api/types";
import { choicesOf, lineOf, onlyChoice, standingOf } from "./standing";

const connection = (changes: Partial<Connection>): Connection => ({
  code: "c1",
  name: "Stripe live",
  app: "stripe",
  status: "connected",
  sandbox: false,
  label: "live mode",
  url: "/admin/connections/connection/1/change/",
  ...changes,
});

describe("which connections are offered", () => {
  test("those of the app that were not given up", () => {
    const all = [connection({}), connection({ code: "c2", app: "slack" }), connection({ code: "c3", status: "disconnected" })];

    expect(choicesOf(all, "stripe", "").map(({ code }) => code)).toEqual(["c1"]);
  });

  test("those of each of several apps", () => {
    const all = [connection({ app: "openai" }), connection({ code: "c2", app: "anthropic" }), connection({ code: "c3" })];

    expect(choicesOf(all, ["openai", "anthropic"], "").map(({ code }) => code)).toEqual(["c1", "c2"]);
  });

  test("the chosen one stays though it was given up", () => {
    expect(choicesOf([connection({ status: "disconnected" })], "stripe", "c1")).toHaveLength(1);
  });
});

describe("what is chosen by itself", () => {
  test("the only one", () => expect(onlyChoice([connection({})])?.code).toBe("c1"));
  test("none of two", () => expect(onlyChoice([connection({}), connection({ code: "c2" })])).toBeNull());
  test("never a broken one", () => expect(onlyChoice([connection({ status: "broken" })])).toBeNull());
});

test("a line tells the account, the sandbox and what is wrong", () => {
  expect(lineOf(connection({}))).toBe("Stripe live (live mode)");
  expect(lineOf(connection({ sandbox: true }))).toBe("Stripe live (sandbox)");
  expect(lineOf(connection({ status: "broken", label: "" }))).toBe("Stripe live: broken");
});

test("a broken connection says what to do", () => {
  expect(standingOf(connection({ status: "broken" })).remedy).toContain("Reconnect");
});
