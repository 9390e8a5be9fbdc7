/* What an AI step is estimated to cost. Only the run itself knows; this is told before. */

import type { UsualModel } from "../api/types";

/** About four characters make a token in English; other languages need more. */
const CHARACTERS_PER_TOKEN = 4;
const PER = 1_000_000;

export interface Estimate {
  inputTokens: number;
  /** In US dollars, at most; null where no price is known. */
  most: number | null;
}

export function estimate(text: string, maxTokens: number, price: UsualModel | null): Estimate {
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

/** Return the prices that count for a model: a connection knows those of its usual one. */
export function priceOf(usual: UsualModel | null | undefined, model: string): UsualModel | null {
  return usual && (model === "" || model === usual.name) ? usual : null;
}
