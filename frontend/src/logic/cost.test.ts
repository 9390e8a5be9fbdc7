import { expect, test } from "vitest";

import { dollars, estimate, priceOf } from "./cost";

const SMALL = { name: "small", input_price: 1, output_price: 4 };

test("the most a run can cost is its prompt and all tokens of the answer", () => {
  expect(estimate("x".repeat(4000), 1000, SMALL)).toEqual({ inputTokens: 1000, most: 0.005 });
});

test("without a price no cost is told", () => {
  expect(estimate("x", 1000, null).most).toBeNull();
});

test("a connection's prices are those of its usual model", () => {
  expect(priceOf(SMALL, "small")).toBe(SMALL);
  expect(priceOf(SMALL, "large")).toBeNull();
  expect(priceOf(null, "small")).toBeNull();
});

test.each([
  [0, "$0"],
  [0.00051, "$0.00051"],
  [0.0312, "$0.031"],
  [1.5, "$1.50"],
])("%s dollars are written as %s", (amount, text) => {
  expect(dollars(amount)).toBe(text);
});
