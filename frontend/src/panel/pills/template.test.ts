import { describe, expect, it } from "vitest";

import { formatPath, formatPill, isTemplate, parsePath, parsePill, quote, readArgument, tokenize } from "./template";

const kinds = (source: string): string[] => tokenize(source).map((token) => `${token.kind}:${token.source}`);

describe("tokenize", () => {
  it("splits texts and pills", () => {
    expect(kinds("Hi {{ trigger.name }}, {{steps.find.items[0].id}}!")).toEqual([
      "text:Hi ",
      "pill:{{ trigger.name }}",
      "text:, ",
      "pill:{{steps.find.items[0].id}}",
      "text:!",
    ]);
  });

  it.each([
    "",
    "plain",
    "{{ trigger.email",
    "{{ trigger. }}",
    "{{ }} {{ 'Ada' | lower }}",
    "{% if trigger.a %}{{ x }}{% endif %}",
    "{% raw %}{{ trigger.a }}{% endraw %}",
    "}} {{ trigger.a }} {%",
    "{{ trigger.a | default: \"}} \" }}",
    "😀{{ trigger.a }}😀",
  ])("loses nothing of %j", (source) => {
    expect(tokenize(source).map((token) => token.source).join("")).toBe(source);
    let at = 0;
    for (const token of tokenize(source)) {
      expect(token.start).toBe(at);
      at = token.end;
    }
    expect(at).toBe(source.length);
  });

  it("leaves what is raw, local or no path as text", () => {
    expect(kinds("{% raw %}{{ trigger.a }}{% endraw %}")).toEqual(["text:{% raw %}{{ trigger.a }}{% endraw %}"]);
    expect(kinds("{{ name }}")).toEqual(["text:{{ name }}"]);
    expect(kinds("{{ 'Ada' | upper }}")).toEqual(["text:{{ 'Ada' | upper }}"]);
    expect(kinds("a {{ nu{{ trigger.a }}")).toEqual(["text:a {{ nu", "pill:{{ trigger.a }}"]);
    expect(kinds("{{ trigger.a }} {{ tri")).toEqual(["pill:{{ trigger.a }}", "text: {{ tri"]);
  });
});

describe("parsePill", () => {
  it("reads path, filters and arguments", () => {
    expect(parsePill('{{ trigger.raw["odd key"][0] | money: trigger.currency, style: "code" | upper }}')).toEqual({
      path: ["trigger", "raw", "odd key", 0],
      filters: [
        {
          name: "money",
          args: [
            { name: null, source: "trigger.currency" },
            { name: "style", source: '"code"' },
          ],
        },
        { name: "upper", args: [] },
      ],
      trimLeft: false,
      trimRight: false,
    });
  });

  it.each([
    "{{ trigger.email }}",
    '{{ trigger.amount | money: trigger.currency, "code" }}',
    '{{- item["a b"][-1] | default: "none" | truncate: 3, ending: "x" -}}',
    "{{ run.code | slice: -2, 2 }}",
  ])("writes %s back", (source) => {
    const pill = parsePill(source);
    expect(pill && formatPill(pill)).toBe(source);
  });

  it.each(["{{ trigger.a | }}", "{{ trigger.a | default: }}", "{{ trigger..a }}", "{{ trigger a }}", "{{ trigger[x] }}"])(
    "does not read %s",
    (source) => {
      expect(parsePill(source)).toBeNull();
    },
  );
});

describe("paths and arguments", () => {
  it("reads what it writes", () => {
    const path = ["trigger", "a-b", "odd key", 'with "quotes"', 2];
    expect(formatPath(path)).toBe(`trigger.a-b["odd key"]['with "quotes"'][2]`);
    expect(parsePath(formatPath(path))).toEqual(path);
    expect(parsePath("trigger.")).toBeNull();
  });

  it("tells arguments apart and quotes text", () => {
    expect(readArgument('"x"')).toEqual({ kind: "text", text: "x" });
    expect(readArgument("-2.5").kind).toBe("number");
    expect(readArgument("true").kind).toBe("word");
    expect(readArgument("trigger.a").kind).toBe("path");
    expect(quote(`say "hi"`)).toBe(`'say "hi"'`);
    expect(quote(`it's "so"`)).toBe(`"it's ”so”"`);
    expect(isTemplate("a { b")).toBe(false);
  });
});
