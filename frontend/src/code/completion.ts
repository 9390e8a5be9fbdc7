/* What the code editor offers while typing: the step's inputs, the prelude, Python's own words. */

import type { Completion, CompletionContext, CompletionResult, CompletionSource } from "@codemirror/autocomplete";

export interface PreludeEntry {
  name: string;
  signature: string;
  description: string;
}

export interface CodeNames {
  inputs: readonly string[];
  prelude: readonly PreludeEntry[];
}

const WORDS = [
  "and", "break", "continue", "def", "elif", "else", "except", "False", "for", "if", "in", "is", "lambda",
  "None", "not", "or", "pass", "raise", "return", "True", "try", "while",
];

const BUILTINS = [
  "abs", "all", "any", "bool", "dict", "enumerate", "float", "int", "isinstance", "len", "list", "max", "min",
  "print", "range", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip",
];

const DICT_METHODS = ["get", "items", "keys", "values"];

/** Return the completion of Python code. `inputs` is a dict, so `inputs.` becomes `inputs["name"]`. */
export function completeFrom(names: () => CodeNames): CompletionSource {
  return (context) => ofInputs(context, names().inputs) ?? ofWords(context, names());
}

function ofInputs(context: CompletionContext, inputs: readonly string[]): CompletionResult | null {
  const key = context.matchBefore(/\binputs\[\s*["']?\w*/);
  if (key) {
    const from = key.from + key.text.indexOf("[");
    return { from, options: inputs.map((name) => inputOption(name)), filter: true, validFor: /^\[\s*["']?\w*$/ };
  }
  const attribute = context.matchBefore(/\binputs\.\w*/);
  if (!attribute) return null;
  const from = attribute.from + attribute.text.indexOf(".");
  const methods = DICT_METHODS.map((name): Completion => ({ label: `.${name}()`, type: "method" }));
  const options = inputs.map((name) => ({ ...inputOption(name), filterText: `.${name}` }));
  return {
    from,
    options: [...options.map(withDot), ...methods],
    validFor: /^\.\w*$/,
  };
}

function inputOption(name: string): Completion {
  return {
    label: `["${name}"]`,
    displayLabel: name,
    type: "property",
    detail: "input",
    apply: (view, _completion, from, to) => {
      // A bracket and quote that closed by themselves are replaced, too.
      const behind = /^["']?\]?/.exec(view.state.sliceDoc(to, to + 2))?.[0].length ?? 0;
      const text = `["${name}"]`;
      view.dispatch({ changes: { from, to: to + behind, insert: text }, selection: { anchor: from + text.length } });
    },
  };
}

/** Let an input match what is typed behind a dot, though a key in brackets is put there. */
function withDot(option: Completion & { filterText: string }): Completion {
  const { filterText, ...rest } = option;
  return { ...rest, label: filterText };
}

function ofWords(context: CompletionContext, { prelude }: CodeNames): CompletionResult | null {
  const word = context.matchBefore(/\w+/);
  if (!word && !context.explicit) return null;
  if (word && context.state.sliceDoc(word.from - 1, word.from) === ".") return null;
  const own = prelude.map((entry): Completion => ({
    label: entry.name,
    type: "function",
    detail: entry.signature.replace(entry.name, ""),
    info: entry.description,
    boost: 2,
  }));
  return {
    from: word ? word.from : context.pos,
    options: [
      { label: "inputs", type: "variable", detail: "this step's inputs", boost: 3 },
      ...own,
      ...BUILTINS.map((name): Completion => ({ label: name, type: "function" })),
      ...WORDS.map((name): Completion => ({ label: name, type: "keyword" })),
    ],
    validFor: /^\w*$/,
  };
}
