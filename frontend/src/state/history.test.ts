import { expect, test } from "vitest";
import { workflow } from "../definition/testing";
import { EMPTY_HISTORY, type Entry, type History, MAX_ENTRIES, MERGE_WITHIN, record, stepBack, stepForward } from "./history";

const moment = (notes: string) => ({ draft: { ...workflow(), notes }, selected: null });
const entry = (before: string, after: string, at: number, merge: string | null = null): Entry => ({
  label: after,
  before: moment(before),
  after: moment(after),
  merge,
  at,
});
const filled = (...entries: Entry[]): History => entries.reduce(record, EMPTY_HISTORY);

test("typing in one field is one entry, a pause or another field begins the next", () => {
  const history = filled(
    entry("", "a", 0, "name"),
    entry("a", "ab", 500, "name"),
    entry("ab", "abc", 900, "other"),
    entry("abc", "abcd", 950 + MERGE_WITHIN, "other"),
  );

  expect(history.past.map((one) => [one.before.draft.notes, one.after.draft.notes])).toEqual([
    ["", "ab"],
    ["ab", "abc"],
    ["abc", "abcd"],
  ]);
});

test("what was taken back is done again, until something new is done", () => {
  const back = stepBack(filled(entry("", "a", 0), entry("a", "b", 1)));
  const again = back && stepForward(back.history);

  expect(back?.entry.before.draft.notes).toBe("a");
  expect(again?.entry.after.draft.notes).toBe("b");
  expect(again?.history.past).toHaveLength(2);
  expect(back && record(back.history, entry("a", "c", 2)).future).toEqual([]);
});

test("typing behind an undo begins a new entry", () => {
  const back = stepBack(filled(entry("", "a", 0), entry("a", "b", 1, "name"))) as NonNullable<ReturnType<typeof stepBack>>;
  const again = stepForward(back.history) as NonNullable<ReturnType<typeof stepForward>>;

  expect(record(again.history, entry("b", "bc", 2, "name")).past).toHaveLength(3);
});

test("nothing is taken back where nothing was done, and the oldest is forgotten", () => {
  const many = Array.from({ length: MAX_ENTRIES + 5 }, (_, index) => entry(String(index), String(index + 1), index));

  expect(stepBack(EMPTY_HISTORY)).toBeNull();
  expect(stepForward(EMPTY_HISTORY)).toBeNull();
  expect(filled(...many).past).toHaveLength(MAX_ENTRIES);
  expect(filled(...many).past[0]?.before.draft.notes).toBe("5");
});
