import { describe, expect, it, test } from "vitest";

import type { Money } from "../api/types";
import { amountPath, amountWarning, comparesAmounts, moneyText, unitHint } from "./money";

const USD: Money = { currency: "USD", decimals: 2 };
const JPY: Money = { currency: "JPY", decimals: 0 };
const KWD: Money = { currency: "KWD", decimals: 3 };
const UNKNOWN: Money = { currency: null, decimals: null };

describe("an amount as money", () => {
  test.each([
    [4900, USD, "49.00 USD"],
    [50, USD, "0.50 USD"],
    [5, USD, "0.05 USD"],
    [0, USD, "0.00 USD"],
    [-1250, USD, "-12.50 USD"],
    ["4900", USD, "49.00 USD"],
    [4900, JPY, "4900 JPY"],
    [4900, KWD, "4.900 KWD"],
  ])("%j is told as %j → %s", (value, money, text) => expect(moneyText(value, money)).toBe(text));

  it("is not told where value or currency are unknown", () => {
    expect(moneyText(4900, UNKNOWN)).toBe("");
    expect(moneyText(4900, null)).toBe("");
    expect(moneyText(49.5, USD)).toBe("");
    expect(moneyText("many", USD)).toBe("");
    expect(moneyText(null, USD)).toBe("");
    expect(moneyText(2 ** 60, USD)).toBe("");
  });
});

describe("the hint", () => {
  it("goes by the currency of the event", () => {
    expect(unitHint(USD, false)).toBe("An amount in the smallest unit of USD, this event's currency: 5000 is 50.00 USD.");
    expect(unitHint(KWD, true)).toBe("An amount in the smallest unit of KWD, the example's currency: 5000 is 5.000 KWD.");
    expect(unitHint(JPY, false)).toContain("JPY, this event's currency, has no smaller unit: 5000 is 5000 JPY.");
  });

  it("says so where the currency is not known", () => {
    expect(unitHint(UNKNOWN, false)).toContain("Which currency is not known here");
  });
});

describe("the warning", () => {
  it("asks about amounts that look like whole units", () => {
    expect(amountWarning("greater_than", { value: 50 }, USD)).toBe("50 is 0.50 USD. If 50.00 USD is meant, write 5000.");
    expect(amountWarning("greater_than", { value: "50" }, USD)).not.toBe("");
    expect(amountWarning("greater_than", { template: "50" }, USD)).not.toBe("");
    expect(amountWarning("at_most", { value: -50 }, USD)).toBe("-50 is -0.50 USD. If -50.00 USD is meant, write -5000.");
    expect(amountWarning("at_least", { value: 1000 }, KWD)).toBe("1000 is 1.000 KWD. If 1000.000 KWD is meant, write 1000000.");
    expect(amountWarning("in_list", { value: "5000, 70" }, USD)).toContain("70 is 0.70 USD");
    expect(amountWarning("in_list", { value: [5000, "80"] }, USD)).toContain("80 is 0.80 USD");
  });

  it("is silent where nothing is odd or nothing is known", () => {
    expect(amountWarning("greater_than", { value: 5000 }, USD)).toBe("");
    expect(amountWarning("greater_than", { value: 1000 }, USD)).toBe("");
    expect(amountWarning("greater_than", { value: 0 }, USD)).toBe("");
    expect(amountWarning("greater_than", { value: 50 }, JPY)).toBe("");
    expect(amountWarning("greater_than", { value: 50 }, UNKNOWN)).toBe("");
    expect(amountWarning("greater_than", { template: "{{ trigger.amount_paid }}" }, USD)).toBe("");
    expect(amountWarning("greater_than", { value: "1,000" }, USD)).toBe("");
    expect(amountWarning("greater_than", null, USD)).toBe("");
  });

  it("says that minor units are whole, whatever the currency", () => {
    expect(amountWarning("equals", { value: 49.5 }, USD)).toBe(
      "49.5 is not a whole number, and amounts in the smallest unit are whole. If 49.50 USD is meant, write 4950.",
    );
    expect(amountWarning("equals", { value: 0.5 }, USD)).toContain("If 0.50 USD is meant, write 50.");
    expect(amountWarning("equals", { value: 49.999 }, USD)).toBe("49.999 is not a whole number, and amounts in the smallest unit are whole.");
    expect(amountWarning("equals", { value: 49.5 }, JPY)).not.toContain("write");
    expect(amountWarning("equals", { value: 49.5 }, UNKNOWN)).not.toBe("");
  });
});

describe("what is an amount", () => {
  it("is one pill that no filter turned into something else", () => {
    expect(amountPath({ template: "{{ trigger.amount_due }}" })).toEqual(["trigger", "amount_due"]);
    expect(amountPath({ template: "{{ trigger.amount_due | default: 0 }}" })).toEqual(["trigger", "amount_due"]);
    expect(amountPath({ template: "{{ trigger.amount_due | divided_by: 100 }}" })).toBeNull();
    expect(amountPath({ template: "{{ trigger.amount_due }} {{ trigger.currency }}" })).toBeNull();
    expect(amountPath({ value: 4900 })).toBeNull();
  });

  it("is compared by its size or as a member of a list", () => {
    expect(["equals", "at_least", "at_most", "in_list"].every(comparesAmounts)).toBe(true);
    expect(["contains", "starts_with", "before", "is_empty"].some(comparesAmounts)).toBe(false);
  });
});
