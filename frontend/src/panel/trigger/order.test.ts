import { expect, test } from "vitest";

import { completeAll } from "../../definition/complete";
import { changesBetween, merge } from "../../definition/merge";
import { action, workflow } from "../../definition/testing";
import { keyOf, withLate, withOrder } from "./order";

const plain = workflow(action("a"));
const ordered = withOrder(plain, "customer");

test("a chosen field becomes the order, and none ends it without a trace", () => {
  expect(ordered.order).toEqual({ by: "{{ trigger.customer }}", late: "run" });
  expect(keyOf(ordered.order)).toBe("customer");
  expect(withOrder(ordered, "")).toEqual(plain);
});

test("another field keeps what becomes of late events", () => {
  const late = withLate(ordered, "supersede");
  expect(withOrder(late, "email").order).toEqual({ by: "{{ trigger.email }}", late: "supersede" });
});

test("what was written by hand is shown as it is and kept", () => {
  const order = { by: "{{ trigger.customer | lower }} x", late: "run" as const };
  expect(withOrder({ ...plain, order }, keyOf(order)).order?.by).toBe(order.by);
});

test("opening a draft keeps its order", () => {
  expect(completeAll(ordered).order).toEqual(ordered.order);
});

test("a merge keeps the order that either side made, and its removal", () => {
  expect(merge(plain, ordered, plain).definition.order).toEqual(ordered.order);
  expect(merge(plain, plain, ordered).definition.order).toEqual(ordered.order);
  expect("order" in merge(ordered, ordered, plain).definition).toBe(false);
  expect(changesBetween(plain, ordered)).toEqual(["Changed the order of the runs"]);
});

test("two different orders are a conflict that is told", () => {
  const theirs = withOrder(plain, "email");
  const asked = merge(plain, ordered, theirs);
  expect(asked.conflicts.map((one) => one.id)).toEqual(["order"]);
  expect(asked.definition.order?.by).toBe("{{ trigger.customer }}");
  const taken = merge(plain, ordered, theirs, new Map([["order", "theirs"]]));
  expect(taken.definition.order?.by).toBe("{{ trigger.email }}");
});
