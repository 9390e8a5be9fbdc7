/* A field of code. The text area shows at once and stays where the editor can't be loaded. */

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { CodeNames } from "./completion";
import type { CodeEditor, Language } from "./editor";
import { placeOf, type LintProblem } from "./positions";
import "./code.css";

/** How long typing must rest, in milliseconds, before a change is reported and before it is checked. */
const REPORT_AFTER = 150;
const CHECK_AFTER = 400;

export interface CodeFieldProps {
  value: string;
  onChange: (value: string) => void;
  language: Language;
  /** The field's name for screen readers. */
  label: string;
  /** The id of a text that describes the field, besides its own help. */
  describedBy?: string;
  readOnly?: boolean;
  /** What completion offers, in Python. */
  names?: CodeNames;
  /** Ask for what is wrong; without it nothing is checked. */
  check?: (code: string, signal: AbortSignal) => Promise<readonly LintProblem[]>;
  /** Handed a function that puts text at the caret. */
  onReady?: (insert: (text: string) => void) => void;
  nonce: string;
}

const NO_NAMES: CodeNames = { inputs: [], prelude: [] };

/** Show a code editor with its findings listed under it. */
export function CodeField(props: CodeFieldProps) {
  const id = useId();
  const host = useRef<HTMLDivElement>(null);
  const plain = useRef<HTMLTextAreaElement>(null);
  const caret = useRef<number | null>(null);
  const editor = useRef<CodeEditor | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const report = useReporting(latest);
  const problems = useCheck(props.value, props.check);
  const described = `${id}-help${props.describedBy ? ` ${props.describedBy}` : ""}`;
  const readOnly = props.readOnly ?? false;

  useEffect(() => {
    let gone = false;
    import("./editor").then(
      ({ createEditor }) => {
        if (gone || !host.current) return;
        editor.current = createEditor({
          parent: host.current,
          doc: latest.current.value,
          language: latest.current.language,
          nonce: latest.current.nonce,
          readOnly: latest.current.readOnly ?? false,
          attributes: attributesOf(latest.current.label, described),
          names: () => latest.current.names ?? NO_NAMES,
          onChange: report.change,
        });
        // Somebody who has begun to write goes on writing in the same place.
        if (plain.current && document.activeElement === plain.current) caret.current = plain.current.selectionEnd;
        latest.current.onReady?.((text) => editor.current?.insert(text));
        setState("ready");
      },
      () => !gone && setState("failed"),
    );
    return () => {
      gone = true;
      report.flush();
      editor.current?.destroy();
      editor.current = null;
    };
  }, [props.language]);

  useLayoutEffect(() => {
    if (state === "ready" && caret.current !== null) editor.current?.goToOffset(caret.current);
    caret.current = null;
  }, [state]);
  useEffect(() => {
    if (!report.pending()) editor.current?.setDoc(props.value);
  }, [props.value, state]);
  useEffect(() => editor.current?.setReadOnly(readOnly), [readOnly, state]);
  useEffect(() => editor.current?.setAttributes(attributesOf(props.label, described)), [props.label, described]);
  useEffect(() => editor.current?.setProblems(problems), [problems, state]);

  return (
    <div class="code-field">
      <div ref={host} class="code-host" onKeyDown={keepKeys} onFocusOut={report.flush} hidden={state !== "ready"} />
      {state !== "ready" && (
        <textarea
          ref={plain}
          class="td-input code-plain"
          aria-label={props.label}
          aria-describedby={described}
          rows={8}
          spellcheck={false}
          readOnly={readOnly}
          value={props.value}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
      <p id={`${id}-help`} class="td-help">
        {state === "failed"
          ? "The code editor could not be loaded, so this is a plain field. Reload the page to try again."
          : "Tab indents. To leave the field by keyboard, press Esc and then Tab."}
      </p>
      <Findings problems={problems} onGo={(line, column) => editor.current?.goTo(line, column)} />
    </div>
  );
}

function attributesOf(label: string, describedBy: string): Record<string, string> {
  return { "aria-label": label, "aria-describedby": describedBy, spellcheck: "false", autocapitalize: "off" };
}

/** Keep Escape and undo to the editor: elsewhere they close the panel and undo acts on the canvas. */
function keepKeys(event: KeyboardEvent) {
  const command = event.ctrlKey || event.metaKey;
  if (event.key === "Escape" || (command && ["z", "y", "Z"].includes(event.key))) event.stopPropagation();
}

/** Report changes when typing rests, and at once when the field is left. */
function useReporting(latest: { current: CodeFieldProps }) {
  const held = useRef<{ timer: number; doc: string } | null>(null);
  const flush = () => {
    if (!held.current) return;
    clearTimeout(held.current.timer);
    const { doc } = held.current;
    held.current = null;
    latest.current.onChange(doc);
  };
  const change = (doc: string) => {
    if (held.current) clearTimeout(held.current.timer);
    held.current = { doc, timer: window.setTimeout(flush, REPORT_AFTER) };
  };
  return useRef({ change, flush, pending: () => held.current !== null }).current;
}

function useCheck(code: string, check: CodeFieldProps["check"]): readonly LintProblem[] {
  const [problems, setProblems] = useState<readonly LintProblem[]>([]);
  useEffect(() => {
    if (!check || !code.trim()) {
      setProblems([]);
      return;
    }
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      // Without an answer the last findings stay: publishing checks the code in any case.
      check(code, stop.signal).then(
        (found) => !stop.signal.aborted && setProblems(found),
        () => undefined,
      );
    }, CHECK_AFTER);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [code, check]);
  return problems;
}

function Findings(props: { problems: readonly LintProblem[]; onGo: (line: number, column: number) => void }) {
  return (
    <ul class="code-findings" aria-live="polite" aria-label="Problems in the code">
      {props.problems.map((problem) => (
        <li key={`${problem.line}:${problem.column}:${problem.message}`} class={`code-${problem.severity}`}>
          <button type="button" class="code-place" onClick={() => props.onGo(problem.line, problem.column)}>
            {placeOf(problem)}
          </button>{" "}
          {problem.message}
        </li>
      ))}
    </ul>
  );
}
