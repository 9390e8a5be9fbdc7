/**
 * Template sources as tokens. `{{ path | filter: argument }}` over known data is a pill;
 * everything else stays text, and the server says what is wrong with it.
 */

export type Segment = string | number;

/** One argument of a filter as it is written: `"USD"`, `2` or `trigger.currency`. */
export interface Argument {
  name: string | null;
  source: string;
}

export interface AppliedFilter {
  name: string;
  args: Argument[];
}

export interface Pill {
  path: Segment[];
  filters: AppliedFilter[];
  /** `{{-` and `-}}`, which drop the white space beside the tag. */
  trimLeft: boolean;
  trimRight: boolean;
}

export interface TextToken {
  kind: "text";
  start: number;
  end: number;
  source: string;
}

export interface PillToken {
  kind: "pill";
  start: number;
  end: number;
  source: string;
  pill: Pill;
}

export type Token = TextToken | PillToken;

/** What a template can read. Other names are variables of the template itself and stay text. */
export const ROOTS = ["trigger", "steps", "run", "item", "loop", "error"];

const RAW = /^\{%-?\s*raw\s*-?%\}/;
const END_RAW = /\{%-?\s*endraw\s*-?%\}/;
const BARE_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const LEXEMES = /\s+|"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|[A-Za-z_][A-Za-z0-9_-]*|[|:,.[\]]/y;

/** Tell whether a text is read as a template. */
export function isTemplate(source: string): boolean {
  return source.includes("{{") || source.includes("{%");
}

/** Split a source into texts and pills; the tokens' sources joined are the source. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let textStart = 0;
  let position = 0;
  const flush = (end: number): void => {
    if (end > textStart) {
      tokens.push({ kind: "text", start: textStart, end, source: source.slice(textStart, end) });
    }
  };
  while (position < source.length) {
    const opening = nextOpening(source, position);
    if (opening < 0) break;
    const end = tagEnd(source, opening);
    const inner = source.startsWith("{{", opening) ? source.indexOf("{{", opening + 2) : -1;
    if (inner >= 0 && (end < 0 || inner < end)) {
      // One that is being typed before another: the other one stays a pill.
      position = inner;
      continue;
    }
    if (end < 0) break;
    const pill = source.startsWith("{{", opening) ? parsePill(source.slice(opening, end)) : null;
    if (pill !== null) {
      flush(opening);
      tokens.push({ kind: "pill", start: opening, end, source: source.slice(opening, end), pill });
      textStart = end;
    }
    position = end;
  }
  flush(source.length);
  return tokens;
}

function nextOpening(source: string, from: number): number {
  const output = source.indexOf("{{", from);
  const tag = source.indexOf("{%", from);
  if (output < 0 || tag < 0) return Math.max(output, tag);
  return Math.min(output, tag);
}

function tagEnd(source: string, start: number): number {
  const closing = source.startsWith("{{", start) ? "}}" : "%}";
  const end = source.indexOf(closing, start + 2);
  if (end < 0) return -1;
  if (closing === "%}" && RAW.test(source.slice(start))) {
    const rest = END_RAW.exec(source.slice(end));
    return rest === null ? -1 : end + rest.index + rest[0].length;
  }
  return end + 2;
}

/** Read one output tag, braces included; null for what is no plain path with filters. */
export function parsePill(tag: string): Pill | null {
  let inner = tag.slice(2, -2);
  const trimLeft = inner.startsWith("-");
  if (trimLeft) inner = inner.slice(1);
  const trimRight = inner.endsWith("-");
  if (trimRight) inner = inner.slice(0, -1);
  const reader = new Reader(inner);
  const path = reader.path();
  if (path === null || !ROOTS.includes(String(path[0]))) return null;
  const filters = reader.filters();
  return filters === null || !reader.isDone() ? null : { path, filters, trimLeft, trimRight };
}

/** Read a path such as `steps.find.items[0].id`; null for what is none. */
export function parsePath(text: string): Segment[] | null {
  const reader = new Reader(text);
  const path = reader.path();
  return path !== null && reader.isDone() ? path : null;
}

class Reader {
  private readonly lexemes: string[] | null;
  private at = 0;

  constructor(source: string) {
    this.lexemes = lex(source);
  }

  isDone(): boolean {
    return this.lexemes !== null && this.at === this.lexemes.length;
  }

  private peek(): string {
    return this.lexemes?.[this.at] ?? "";
  }

  private take(expected: string): boolean {
    if (this.peek() !== expected) return false;
    this.at += 1;
    return true;
  }

  path(): Segment[] | null {
    const head = this.peek();
    if (!BARE_NAME.test(head)) return null;
    this.at += 1;
    const segments: Segment[] = [head];
    for (;;) {
      if (this.take(".")) {
        if (!BARE_NAME.test(this.peek())) return null;
        segments.push(this.peek());
        this.at += 1;
      } else if (this.take("[")) {
        const inner = this.peek();
        if (/^-?\d+$/.test(inner)) segments.push(Number(inner));
        else if (isQuoted(inner)) segments.push(inner.slice(1, -1));
        else return null;
        this.at += 1;
        if (!this.take("]")) return null;
      } else {
        return segments;
      }
    }
  }

  filters(): AppliedFilter[] | null {
    const found: AppliedFilter[] = [];
    while (this.take("|")) {
      const name = this.peek();
      if (!BARE_NAME.test(name)) return null;
      this.at += 1;
      const args = this.take(":") ? this.args() : [];
      if (args === null) return null;
      found.push({ name, args });
    }
    return found;
  }

  private args(): Argument[] | null {
    const found: Argument[] = [];
    do {
      const argument = this.argument();
      if (argument === null) return null;
      found.push(argument);
    } while (this.take(","));
    return found;
  }

  private argument(): Argument | null {
    if (BARE_NAME.test(this.peek()) && this.lexemes?.[this.at + 1] === ":") {
      const name = this.peek();
      this.at += 2;
      const source = this.value();
      return source === null ? null : { name, source };
    }
    const source = this.value();
    return source === null ? null : { name: null, source };
  }

  private value(): string | null {
    const lexeme = this.peek();
    if (isQuoted(lexeme) || /^-?\d/.test(lexeme)) {
      this.at += 1;
      return lexeme;
    }
    const path = this.path();
    return path === null ? null : formatPath(path);
  }
}

function isQuoted(lexeme: string): boolean {
  return lexeme.length >= 2 && (lexeme.startsWith('"') || lexeme.startsWith("'"));
}

function lex(source: string): string[] | null {
  const found: string[] = [];
  LEXEMES.lastIndex = 0;
  while (LEXEMES.lastIndex < source.length) {
    const match = LEXEMES.exec(source);
    if (match === null) return null;
    if (match[0].trim() !== "") found.push(match[0]);
  }
  return found;
}

/** Write a path as templates read it. */
export function formatPath(path: Segment[]): string {
  let text = "";
  for (const segment of path) {
    if (typeof segment === "number") text += `[${segment}]`;
    else if (text === "") text = segment;
    else if (BARE_NAME.test(segment)) text += `.${segment}`;
    else text += segment.includes('"') ? `['${segment}']` : `["${segment}"]`;
  }
  return text;
}

/** Write a pill back as its source. */
export function formatPill(pill: Pill): string {
  const filters = pill.filters.map((filter) => {
    const args = filter.args.map((each) => (each.name === null ? each.source : `${each.name}: ${each.source}`));
    return ` | ${filter.name}${args.length > 0 ? `: ${args.join(", ")}` : ""}`;
  });
  const open = pill.trimLeft ? "{{-" : "{{";
  const close = pill.trimRight ? "-}}" : "}}";
  return `${open} ${formatPath(pill.path)}${filters.join("")} ${close}`;
}

/** The source of a pill over a path's text form. */
export function pillSource(path: string): string {
  return `{{ ${path} }}`;
}

/** What an argument stands for: fixed text, a number or truth value, or data. */
export function readArgument(source: string): { kind: "text" | "number" | "word" | "path"; text: string } {
  if (isQuoted(source)) return { kind: "text", text: source.slice(1, -1) };
  if (/^-?\d+(\.\d+)?$/.test(source)) return { kind: "number", text: source };
  if (["true", "false", "nil", "null"].includes(source)) return { kind: "word", text: source };
  return { kind: "path", text: source };
}

/** Write a text as an argument. A text with both kinds of quotes loses its double ones: Liquid has no escapes. */
export function quote(text: string): string {
  if (!text.includes('"')) return `"${text}"`;
  if (!text.includes("'")) return `'${text}'`;
  return `"${text.replaceAll('"', "”")}"`;
}
