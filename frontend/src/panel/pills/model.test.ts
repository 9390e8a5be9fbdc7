import { describe, expect, it } from "vitest";

import { adopt, editing, erase, insert, move, openPill, pasted, pillsOf, replace, select, selectedPill } from "./model";

const SOURCE = "Hi {{ trigger.name }}!";
const START = 3;
const END = SOURCE.length - 1;

describe("a pill under the caret", () => {
  it("is selected by the first Backspace and removed by the second", () => {
    const first = erase(editing(SOURCE, END), -1);
    expect([first.source, first.anchor, first.focus]).toEqual([SOURCE, START, END]);
    expect(selectedPill(first)?.source).toBe("{{ trigger.name }}");
    const second = erase(first, -1);
    expect([second.source, second.focus]).toEqual(["Hi !", START]);
  });

  it("is selected and removed by Delete from before it", () => {
    expect(erase(erase(editing(SOURCE, START), 1), 1).source).toBe("Hi !");
  });

  it("is passed with two presses of an arrow", () => {
    const on = move(editing(SOURCE, START), 1, false);
    expect(on && selectedPill(on)).not.toBeNull();
    expect(on && move(on, 1, false)).toMatchObject({ anchor: END, focus: END });
    expect(on && move(on, -1, false)).toMatchObject({ anchor: START, focus: START });
    expect(move(editing(SOURCE, 1), 1, false)).toBeNull();
  });

  it("is taken whole into a selection", () => {
    expect(select(editing(SOURCE), 1, START + 4)).toMatchObject({ anchor: 1, focus: END });
    expect(select(editing(SOURCE), START + 4, 1)).toMatchObject({ anchor: END, focus: 1 });
    expect(move(editing(SOURCE, START), 1, true)).toMatchObject({ anchor: START, focus: END });
  });

  it("never keeps the caret inside", () => {
    expect(select(editing(SOURCE), START + 4, START + 4)).toMatchObject({ anchor: END, focus: END });
  });
});

describe("text", () => {
  it("is typed over a selection", () => {
    expect(insert(select(editing("abc"), 0, 2), "x")).toMatchObject({ source: "xc", focus: 1 });
  });

  it("is erased by whole characters, or by the word that is meant", () => {
    expect(erase(editing("a👩‍👩‍👧"), -1).source).toBe("a");
    expect(erase(editing("👩‍👩‍👧a", 0), 1).source).toBe("a");
    expect(erase(editing("two words"), -1, [4, 9]).source).toBe("two ");
    expect(erase(editing("", 0), -1).source).toBe("");
  });

  it("becomes a pill when its braces close", () => {
    const typed = [..."{{ trigger.a }}"].reduce((state, letter) => insert(state, letter), editing(""));
    expect(pillsOf(typed)).toHaveLength(1);
    expect(typed.focus).toBe(typed.source.length);
  });

  it("is cleaned when pasted", () => {
    expect(pasted("a\r\n b\u0000\u200b", false)).toBe("a b");
    expect(pasted("a\r\nb", true)).toBe("a\nb");
  });
});

describe("a pill opened as text", () => {
  const pill = pillsOf({ source: SOURCE, open: null })[0]!;

  it("can be typed into, and closes when the caret leaves", () => {
    const open = openPill(editing(SOURCE), pill);
    expect(pillsOf(open)).toEqual([]);
    expect(open.source.slice(0, open.focus)).toBe("Hi {{ trigger.name");
    const typed = insert(open, " | upper");
    expect(typed.source).toBe("Hi {{ trigger.name | upper }}!");
    expect(pillsOf(typed)).toEqual([]);
    expect(pillsOf(select(typed, 0, 0))).toHaveLength(1);
  });

  it("closes when something else changes", () => {
    expect(replace(openPill(editing(SOURCE), pill), 0, 1, "").open).toBeNull();
  });
});

describe("a source from outside", () => {
  it("puts the caret behind what changed", () => {
    expect(adopt(editing("Hi you"), "Hi there you").focus).toBe("Hi there".length);
    expect(adopt(editing("same", 2), "same").focus).toBe(2);
  });
});
