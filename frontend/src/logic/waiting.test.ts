import { describe, expect, test } from "vitest";

import type { DelayStep } from "../definition/types";
import { defaultStep } from "./defaults";
import { delayPreview, momentOf, nextTimeOfDay } from "./waiting";

const NOW = new Date("2026-03-27T10:00:00Z"); // A Friday; clocks in Berlin change on the 29th.
const known = (value: DelayStep["time"] | number | null) => ({ now: NOW, value: value ?? null, locale: "en-GB" });
const delay = (changes: Partial<DelayStep>): DelayStep => ({ ...defaultStep("delay", "wait"), ...changes });

describe("the preview of a delay", () => {
  test("an amount is added to now", () => {
    const preview = delayPreview(delay({ mode: "for", unit: "hours" }), known(2));

    expect(preview?.wrong).toBe(false);
    expect(preview?.text).toContain("27 Mar 2026");
  });

  test.each([[91], [-1], ["soon"]])("%s days are refused", (amount) => {
    expect(delayPreview(delay({ mode: "for", unit: "days" }), known(amount))?.wrong).toBe(true);
  });

  test("nothing is said while the amount is unknown", () => {
    expect(delayPreview(delay({ mode: "for" }), known(null))).toBeNull();
  });

  test("a past moment goes on at once", () => {
    expect(delayPreview(delay({ mode: "until" }), known("2026-03-26"))?.text).toContain("goes on at once");
  });

  test("a moment too far ahead would fail", () => {
    expect(delayPreview(delay({ mode: "until" }), known("2027-03-26"))?.wrong).toBe(true);
  });

  test("a wrong zone is named", () => {
    const preview = delayPreview(delay({ mode: "time_of_day", time: "09:00", zone: "Europe/Nowhere" }), known(null));

    expect(preview).toEqual({ text: "There is no time zone “Europe/Nowhere”.", wrong: true });
  });
});

describe("the next time of day", () => {
  test.each([
    ["later today", "11:30", "UTC", [], "2026-03-27T11:30:00.000Z"],
    ["tomorrow when it is past", "09:00", "UTC", [], "2026-03-28T09:00:00.000Z"],
    ["the next Monday, behind the change of the clocks", "09:00", "Europe/Berlin", [0], "2026-03-30T07:00:00.000Z"],
    ["tomorrow, before the change of the clocks", "09:00", "Europe/Berlin", [], "2026-03-28T08:00:00.000Z"],
    ["a week ahead when today's is past", "09:00", "UTC", [4], "2026-04-03T09:00:00.000Z"],
    ["west of Greenwich", "20:00", "America/New_York", [], "2026-03-28T00:00:00.000Z"],
  ])("%s", (_, time, zone, days, moment) => {
    expect(nextTimeOfDay(NOW, time, zone, days)?.toISOString()).toBe(moment);
  });
});

describe("reading a moment", () => {
  test.each([
    [1_774_605_600, "2026-03-27T10:00:00.000Z"],
    ["1774605600", "2026-03-27T10:00:00.000Z"],
    ["2026-03-27T10:00:00", "2026-03-27T10:00:00.000Z"],
    ["2026-03-27T12:00:00+02:00", "2026-03-27T10:00:00.000Z"],
    ["2026-03-27", "2026-03-27T00:00:00.000Z"],
  ])("%s", (value, moment) => {
    expect(momentOf(value)?.toISOString()).toBe(moment);
  });

  test.each([["soon"], ["27 March"], [null], [""]])("%s is no moment", (value) => {
    expect(momentOf(value)).toBeNull();
  });
});
