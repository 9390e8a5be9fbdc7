/** One of a fixed set, or several. */

import { readOnly } from "../../state/store";
import { Combobox } from "./Combobox";
import type { ControlProps } from "./MappingField";
import { rowsOf, valueText } from "./model";

const LONG = 9;

export function ChoiceControl({ id, spec, label, mapping, onChange, describedBy, isWrong }: ControlProps) {
  const choices = spec.choices ?? [];
  const value = mapping !== null && mapping !== undefined && "value" in mapping ? valueText(mapping.value) : "";
  const isLost = value !== "" && !choices.some((choice) => choice.value === value);
  const preset = choices.find((choice) => choice.value === valueText(spec.default ?? null));
  const nothing = preset === undefined ? "Not set" : `${preset.label} (as usual)`;
  const choose = (chosen: string): void => onChange(chosen === "" ? null : { value: chosen });
  if (choices.length >= LONG) {
    return (
      <Combobox
        id={id}
        label={label}
        value={value}
        options={choices}
        onChoose={choose}
        placeholder={nothing}
        describedBy={describedBy}
        isWrong={isWrong}
        clearable
      />
    );
  }
  return (
    <select
      id={id}
      class="td-input"
      value={value}
      disabled={readOnly.value}
      aria-describedby={describedBy}
      aria-invalid={isWrong || isLost || undefined}
      aria-required={spec.required || undefined}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      <option value="">{spec.required === true && preset === undefined ? "Choose" : nothing}</option>
      {isLost && <option value={value}>{value} (not offered)</option>}
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

export function ChecksControl({ id, spec, mapping, onChange, describedBy }: ControlProps) {
  const chosen = rowsOf(mapping).map((row) => ("value" in row ? valueText(row.value) : ""));
  const toggle = (value: string, isOn: boolean): void => {
    const next = (spec.choices ?? []).map((each) => each.value).filter((each) => (each === value ? isOn : chosen.includes(each)));
    onChange(next.length === 0 ? null : { value: next });
  };
  return (
    <div id={id} class="pn-checks" tabIndex={-1} role="group" aria-describedby={describedBy} aria-labelledby={`${id}-label`}>
      {(spec.choices ?? []).map((choice) => (
        <label key={choice.value}>
          <input
            type="checkbox"
            checked={chosen.includes(choice.value)}
            disabled={readOnly.value}
            onChange={(event) => toggle(choice.value, event.currentTarget.checked)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </div>
  );
}
