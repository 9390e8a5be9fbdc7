/** Yes or no; a field that may stay empty can be left open. */

import { readOnly } from "../../state/store";
import type { ControlProps } from "./MappingField";

export function BooleanControl({ id, spec, label, mapping, onChange, describedBy }: ControlProps) {
  const value = mapping !== null && mapping !== undefined && "value" in mapping ? mapping.value : null;
  const preset = typeof spec.default === "boolean" ? spec.default : null;
  const options: { text: string; value: boolean | null }[] = [
    { text: "Yes", value: true },
    { text: "No", value: false },
  ];
  if (spec.required !== true || preset !== null) {
    options.push({ text: preset === null ? "Not set" : `As usual (${preset ? "yes" : "no"})`, value: null });
  }
  return (
    <div id={id} class="pn-segments" role="radiogroup" aria-label={label} aria-describedby={describedBy} tabIndex={-1}>
      {options.map((option) => (
        <label key={option.text} class={option.value === value ? "is-chosen" : undefined}>
          <input
            type="radio"
            name={id}
            checked={option.value === value}
            disabled={readOnly.value}
            onChange={() => onChange(option.value === null ? null : { value: option.value })}
          />
          <span>{option.text}</span>
        </label>
      ))}
    </div>
  );
}
