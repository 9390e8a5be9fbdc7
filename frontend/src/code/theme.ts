/* The code editor's look: the page's own colours, so that light and dark need nothing here. */

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const look = EditorView.theme({
  "&": {
    color: "var(--td-strong)",
    backgroundColor: "var(--td-panel)",
    border: "1px solid var(--td-line)",
    borderRadius: "6px",
    fontSize: "0.8125rem",
  },
  "&.cm-focused": { outline: "2px solid var(--code-focus)", outlineOffset: "-1px" },
  ".cm-scroller": {
    fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
    lineHeight: "1.5",
    minHeight: "8rem",
    maxHeight: "60vh",
    overflow: "auto",
  },
  ".cm-content:focus-visible": { outline: "none" },
  ".cm-content": { caretColor: "var(--td-strong)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--td-strong)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--code-selection)",
  },
  ".cm-gutters": {
    color: "var(--td-faint)",
    backgroundColor: "var(--td-ground)",
    borderRight: "1px solid var(--td-line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--code-line)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--code-selection)", outline: "1px solid var(--td-line)" },
  ".cm-tooltip": {
    color: "var(--td-strong)",
    backgroundColor: "var(--td-panel)",
    border: "1px solid var(--td-line)",
    borderRadius: "6px",
    maxWidth: "min(28rem, 90vw)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { color: "#fff", backgroundColor: "var(--code-focus)" },
  ".cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail": { color: "#fff" },
  ".cm-completionDetail": { color: "var(--td-faint)" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--td-danger)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--td-warning)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--td-danger) 1.5px",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--td-warning) 1.5px",
    textUnderlineOffset: "3px",
  },
});

export const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], color: "var(--code-keyword)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--td-text)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: "var(--code-function)" },
  { tag: tags.propertyName, color: "var(--code-function)" },
]);
