/** A text with pills for a field, or a plain input where the field takes no data. */

import { useRef } from "preact/hooks";

import { readOnly } from "../../state/store";
import { TemplateInput } from "../pills/TemplateInput";
import type { ControlProps } from "./MappingField";
import { readText, textOf, valueText } from "./model";

const LONG = new Set(["long_text", "any", "object", "list"]);

export function TextControl(props: ControlProps) {
  const { id, spec, label, mapping, onChange, stepId, describedBy, isWrong } = props;
  // What was typed stays as it was typed, though “1.0” is read as 1.
  const typed = useRef({ mapping: "", text: "" });
  const text = JSON.stringify(mapping ?? null) === typed.current.mapping ? typed.current.text : textOf(mapping);
  const change = (next: string): void => {
    const read = readText(next, spec.type);
    typed.current = { mapping: JSON.stringify(read), text: next };
    onChange(read);
  };
  const placeholder = placeholderOf(spec.example, spec.default);
  if (spec.literal === true) {
    return (
      <input
        id={id}
        class="td-input"
        inputMode={INPUT_MODES[spec.type] ?? "text"}
        value={text}
        placeholder={placeholder}
        disabled={readOnly.value}
        aria-describedby={describedBy}
        aria-invalid={isWrong || undefined}
        aria-required={spec.required || undefined}
        onInput={(event) => change(event.currentTarget.value)}
      />
    );
  }
  return (
    <TemplateInput
      id={id}
      value={text}
      onChange={change}
      stepId={stepId}
      label={label}
      multiline={LONG.has(spec.type)}
      describedBy={describedBy}
      placeholder={placeholder}
      invalid={isWrong}
      required={spec.required === true}
    />
  );
}

const INPUT_MODES: Record<string, "email" | "url" | "numeric" | "decimal"> = {
  email: "email",
  url: "url",
  integer: "numeric",
  number: "decimal",
};

function placeholderOf(example: unknown, preset: unknown): string {
  if (preset !== null && preset !== undefined && preset !== "") return `${valueText(preset as never)} unless filled`;
  if (example === null || example === undefined || typeof example === "object") return "";
  return `For example ${String(example).slice(0, 60)}`;
}
