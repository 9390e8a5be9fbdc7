import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Asker } from "./asking";

interface Question {
  answer: (value: string) => void;
  fail: (error: unknown) => void;
}

let questions: Question[];
let answers: string[];
let failures: unknown[];
let asker: Asker<string>;

beforeEach(() => {
  vi.useFakeTimers();
  questions = [];
  answers = [];
  failures = [];
  asker = new Asker(
    () => new Promise<string>((answer, fail) => questions.push({ answer, fail })),
    (value) => answers.push(value),
    (error) => failures.push(error),
    50,
  );
});

afterEach(() => vi.useRealTimers());

async function askNow(): Promise<void> {
  asker.soon();
  await vi.advanceTimersByTimeAsync(50);
}

describe("an asker", () => {
  it("asks once when typing rests", async () => {
    asker.soon();
    await vi.advanceTimersByTimeAsync(30);
    asker.soon();
    await vi.advanceTimersByTimeAsync(49);
    expect(questions).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(questions).toHaveLength(1);
  });

  it("drops an answer that comes behind a newer one", async () => {
    await askNow();
    await askNow();
    questions[1]!.answer("new");
    await vi.advanceTimersByTimeAsync(0);
    questions[0]!.answer("old");
    await vi.advanceTimersByTimeAsync(0);
    expect(answers).toEqual(["new"]);
  });

  it("has two questions on their way at most, and asks the last one after them", async () => {
    for (let time = 0; time < 5; time += 1) await askNow();
    expect(questions).toHaveLength(2);
    questions[0]!.answer("one");
    await vi.advanceTimersByTimeAsync(0);
    expect(questions).toHaveLength(3);
    questions[1]!.answer("two");
    await vi.advanceTimersByTimeAsync(0);
    expect(questions).toHaveLength(3);
  });

  it("tells of a failure, and of nothing when it was stopped", async () => {
    await askNow();
    questions[0]!.fail("offline");
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toEqual(["offline"]);
    await askNow();
    asker.stop();
    questions[1]!.answer("late");
    await vi.advanceTimersByTimeAsync(0);
    expect(answers).toEqual([]);
  });

  it("drops an older answer that comes after a newer question failed", async () => {
    await askNow();
    await askNow();
    questions[1]!.fail("offline");
    await vi.advanceTimersByTimeAsync(0);
    questions[0]!.answer("old");
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toEqual(["offline"]);
    expect(answers).toEqual([]);
  });
});
