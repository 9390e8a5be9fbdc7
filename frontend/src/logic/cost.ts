/* What an AI step is estimated to cost. Only the run itself knows; this is told before. */

import type { ModelPrice } from "../api/types";

/** About four characters make a token in English; other languages need more. */
const CHARACTERS_PER_TOKEN = 4;
const PER = 1_000_000;

export interface Estimate {
  inputTokens: number;
  /** In US dollars, at most; null where no price is known. */
  most: number | null;
}

export function estimate(text: string, maxTokens: number, price: ModelPrice | null): Estimate {
  const inputTokens = Math.ceil(text.length / CHARACTERS_PER_TOKEN);
  if (!price || price.input_price === null || price.output_price === null) return { inputTokens, most: null };
  return { inputTokens, most: (inputTokens * price.input_price + maxTokens * price.output_price) / PER };
}

/** Write an amount of dollars with as many digits as it needs to be more than nothing. */
export function dollars(amount: number): string {
  if (amount === 0) return "$0";
  if (amount >= 0.1) return `$${amount.toFixed(2)}`;
  const digits = Math.min(8, 1 - Math.floor(Math.log10(amount)));
  return `$${amount.toFixed(digits)}`;
}

/** Find the price of a model, also of a dated version of it such as "name-2025-01-01". */
export function priceOf(prices: readonly ModelPrice[], provider: string, model: string): ModelPrice | null {
  const own = prices.filter((one) => one.provider === provider);
  const exact = own.find((one) => one.model === model);
  if (exact) return exact;
  return own.find((one) => model.startsWith(`${one.model}-`) && /^[\d-]+$/.test(model.slice(one.model.length + 1))) ?? null;
}
