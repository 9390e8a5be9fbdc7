/* The code editor itself. Everything of CodeMirror is imported here and in the modules that only
   this one imports, so that it is a chunk of its own, loaded when a code field is first shown. */

import { closeBrackets, closeBracketsKeymap, autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { pythonLanguage } from "@codemirror/lang-python";
import {
  LanguageSupport,
  bracketMatching,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";

import { completeFrom, type CodeNames } from "./completion";
import { diagnosticsOf, type LintProblem } from "./positions";
import { highlighting, look } from "./theme";

export type Language = "python" | "json";

export interface EditorOptions {
  parent: HTMLElement;
  doc: string;
  language: Language;
  /** The page's nonce: styles are allowed by it alone. */
  nonce: string;
  readOnly: boolean;
  /** Attributes of the text area, such as its label. */
  attributes: Record<string, string>;
  /** What completion offers; asked anew at every completion. */
  names: () => CodeNames;
  onChange: (doc: string) => void;
}

export interface CodeEditor {
  /** Replace the text, unless it is the same; the change is not reported. */
  setDoc(doc: string): void;
  setReadOnly(readOnly: boolean): void;
  setAttributes(attributes: Record<string, string>): void;
  setProblems(problems: readonly LintProblem[]): void;
  /** Put the caret at a line and column (from 1) and the focus into the text. */
  goTo(line: number, column: number): void;
  /** Put the caret behind that many characters, and the focus into the text. */
  goToOffset(offset: number): void;
  /** Put text at the caret and the focus into the text. */
  insert(text: string): void;
  text(): string;
  destroy(): void;
}

const FromOutside = Annotation.define<boolean>();

/** Make an editor in `parent`. */
export function createEditor(options: EditorOptions): CodeEditor {
  const access = new Compartment();
  const attributes = new Compartment();
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.doc,
      extensions: [
        EditorView.cspNonce.of(options.nonce),
        ...editing(options),
        access.of(accessOf(options.readOnly)),
        attributes.of(EditorView.contentAttributes.of(options.attributes)),
        EditorView.updateListener.of((update) => {
          const ours = update.transactions.some((transaction) => transaction.annotation(FromOutside));
          if (update.docChanged && !ours) options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setDoc: (doc) => setDoc(view, doc),
    setReadOnly: (readOnly) => view.dispatch({ effects: access.reconfigure(accessOf(readOnly)) }),
    setAttributes: (given) =>
      view.dispatch({ effects: attributes.reconfigure(EditorView.contentAttributes.of(given)) }),
    setProblems: (problems) => view.dispatch(setDiagnostics(view.state, diagnosticsOf(view.state.doc, problems))),
    goTo: (line, column) => goTo(view, line, column),
    goToOffset: (offset) => {
      view.dispatch({ selection: { anchor: Math.min(offset, view.state.doc.length) } });
      view.focus();
    },
    insert: (text) => {
      view.dispatch(view.state.replaceSelection(text), { userEvent: "input.paste", scrollIntoView: true });
      view.focus();
    },
    text: () => view.state.doc.toString(),
    destroy: () => view.destroy(),
  };
}

function editing({ language, names }: EditorOptions): Extension[] {
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    indentOnInput(),
    indentUnit.of(language === "python" ? "    " : "  "),
    bracketMatching(),
    closeBrackets(),
    language === "python" ? new LanguageSupport(pythonLanguage) : json(),
    language === "python" ? autocompletion({ override: [completeFrom(names)] }) : [],
    syntaxHighlighting(highlighting),
    look,
    EditorView.lineWrapping,
    // Tab indents; Escape and then Tab leaves the field (CodeMirror's own rule for Escape).
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
  ];
}

function accessOf(readOnly: boolean): Extension {
  return [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)];
}

function setDoc(view: EditorView, doc: string): void {
  if (view.state.doc.toString() === doc) return;
  view.dispatch({
    changes: { from: 0, to: view.state.doc.length, insert: doc },
    annotations: FromOutside.of(true),
  });
}

function goTo(view: EditorView, line: number, column: number): void {
  const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  const anchor = Math.min(at.from + Math.max(column - 1, 0), at.to);
  view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
  view.focus();
}
