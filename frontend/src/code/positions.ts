/* Problems told by line and column, as places of a text. */

import type { Diagnostic } from "@codemirror/lint";
import type { Text } from "@codemirror/state";

/** One finding of the server's check; lines and columns count from 1, `end_column` is exclusive. */
export interface LintProblem {
  line: number;
  column: number;
  end_column?: number | null;
  message: string;
  severity: "error" | "warning" | "info";
}

/** Return what to underline: at least one character, and never outside of the text. */
export function diagnosticsOf(doc: Text, problems: readonly LintProblem[]): Diagnostic[] {
  return problems.map((problem) => {
    const line = doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
    const start = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
    const asked = problem.end_column ? line.from + problem.end_column - 1 : start + 1;
    const end = Math.min(Math.max(asked, start + 1), line.to);
    // At the end of a line, nothing is behind it: the character before is underlined.
    const from = end > start ? start : Math.max(line.from, line.to - 1);
    return { from, to: Math.max(end, from), severity: problem.severity, message: problem.message };
  });
}

/** Say where a problem is, as "Line 3, column 5". */
export function placeOf(problem: LintProblem): string {
  return `Line ${problem.line}, column ${problem.column}`;
}
