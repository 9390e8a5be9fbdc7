// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";

import { draw, offsetAt, pointAt, type PillView, readSource } from "./dom";
import { editing, openPill, pillsOf, select } from "./model";
import { formatPath, type Pill } from "./template";

const viewOf = (pill: Pill): PillView => ({
  label: formatPath(pill.path),
  group: "",
  filters: "",
  value: "",
  speech: `Pill ${formatPath(pill.path)}`,
  kind: "trigger",
  logo: null,
  known: true,
});

let host: HTMLElement;

beforeEach(() => {
  host = document.createElement("div");
  document.body.replaceChildren(host);
});

const SOURCES = [
  "",
  "plain",
  "{{ trigger.a }}",
  "{{ trigger.a }}{{ trigger.b }}",
  "Hi {{ trigger.a }}, bye\n{{ trigger.b | upper }}\n",
  "\n",
  "{{ open",
];

describe("nodes", () => {
  it.each(SOURCES)("give the source %j back", (source) => {
    draw(host, editing(source), viewOf);
    expect(readSource(host)).toBe(source);
  });

  it.each(SOURCES)("have a point for every offset of %j, and the offset for the point", (source) => {
    const state = editing(source);
    draw(host, state, viewOf);
    const inside = (at: number): boolean => pillsOf(state).some((pill) => at > pill.start && at < pill.end);
    for (let at = 0; at <= source.length; at += 1) {
      if (inside(at)) continue;
      const point = pointAt(host, at);
      expect(offsetAt(host, point.node, point.offset)).toBe(at);
    }
  });

  it("stay the same where nothing changed", () => {
    draw(host, editing("a {{ trigger.a }} b"), viewOf);
    const pill = host.querySelector(".pill");
    draw(host, editing("axx {{ trigger.a }} b"), viewOf);
    expect(host.querySelector(".pill")).toBe(pill);
    expect(pill?.getAttribute("aria-label")).toBe("Pill trigger.a");
  });

  it("show a pill as selected, and as text when it is opened", () => {
    const state = editing("a {{ trigger.a }}");
    draw(host, select(state, 2, 17), viewOf);
    expect(host.querySelectorAll(".pill.is-selected")).toHaveLength(1);
    draw(host, openPill(state, pillsOf(state)[0]!), viewOf);
    expect(host.querySelector(".pill")).toBeNull();
    expect(host.textContent).toBe("a {{ trigger.a }}");
  });

  it("hold values as text, whatever is in them", () => {
    draw(host, editing("{{ trigger.a }}"), (pill) => ({ ...viewOf(pill), value: "<img src=x onerror=1>" }));
    expect(host.querySelector("img")).toBeNull();
    expect(host.querySelector(".pill-value")?.textContent).toBe("<img src=x onerror=1>");
  });
});
