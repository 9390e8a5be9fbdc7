import { expect, test } from "vitest";

import { dollars, estimate, priceOf } from "./cost";

const PRICES = [{ provider: "openai", model: "small", input_price: 1, output_price: 4 }];

test("the most a run can cost is its prompt and all tokens of the answer", () => {
  expect(estimate("x".repeat(4000), 1000, PRICES[0] ?? null)).toEqual({ inputTokens: 1000, most: 0.005 });
});

test("without a price no cost is told", () => {
  expect(estimate("x", 1000, null).most).toBeNull();
});

test("a dated version has the price of its model, another model has none", () => {
  expect(priceOf(PRICES, "openai", "small-2025-01-01")).toBe(PRICES[0]);
  expect(priceOf(PRICES, "openai", "small-large")).toBeNull();
  expect(priceOf(PRICES, "anthropic", "small")).toBeNull();
});

test.each([
  [0, "$0"],
  [0.00051, "$0.00051"],
  [0.0312, "$0.031"],
  [1.5, "$1.50"],
])("%s dollars are written as %s", (amount, text) => {
  expect(dollars(amount)).toBe(text);
});
