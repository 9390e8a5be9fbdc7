export { CodeField, type CodeFieldProps } from "./CodeField";
export type { CodeNames, PreludeEntry } from "./completion";
export type { LintProblem } from "./positions";
