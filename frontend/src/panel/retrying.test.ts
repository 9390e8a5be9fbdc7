import { describe, expect, it } from "vitest";

import { pauses, sentence, span } from "./retrying";

describe("a step's own retry rule", () => {
  it("doubles its pauses up to the longest", () => {
    const rule = { attempts: 6, first_delay: 30, factor: 2, max_delay: 120, horizon: null };

    expect(pauses(rule)).toEqual([30, 60, 120, 120, 120]);
  });

  it("keeps its pause with a factor of one", () => {
    expect(pauses({ attempts: 4, first_delay: 60, factor: 1 })).toEqual([60, 60, 60]);
  });

  it("makes no attempt behind its horizon", () => {
    const rule = { attempts: 100, first_delay: 3600, factor: 1, max_delay: 3600, horizon: 3 * 3600 };

    expect(pauses(rule)).toHaveLength(3);
  });

  it("reads a rule of an older version as the engine does", () => {
    expect(pauses({ attempts: 4, first_delay: 30 })).toEqual([30, 60, 120]);
  });
});

describe("the sentence that sums it up", () => {
  it("says how often, how long and what then", () => {
    const rule = { attempts: 8, first_delay: 85, factor: 2, max_delay: 86400, horizon: null };

    expect(sentence(rule, null)).toBe("Up to 8 times over about 3 hours, then the run fails.");
    expect(sentence(rule, { steps: [], then: "continue" })).toBe(
      "Up to 8 times over about 3 hours, then the run goes on.",
    );
  });

  it("does not speak of a time where there is one attempt", () => {
    expect(sentence({ attempts: 1, first_delay: 30 }, null)).toBe("Tried once, then the run fails.");
  });

  it("tells what the system does without a rule", () => {
    expect(sentence(null, null)).toBe("Up to 20 times over about 8 hours, then the run fails.");
  });

  it("counts in the largest unit", () => {
    expect([span(60), span(5400), span(259200)]).toEqual(["1 minute", "1.5 hours", "3 days"]);
  });
});
