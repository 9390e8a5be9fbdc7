/* The plain controls of the forms: labelled, described, and never letting an impossible value into the draft. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";

import { readOnly } from "../state/store";
import "./controls.css";

interface SectionProps {
  title: string;
  help?: ComponentChildren;
  /** The field's name in problems, so that one leads here. */
  at?: string;
  children: ComponentChildren;
}

export function Section(props: SectionProps) {
  return (
    <fieldset class="lg-section" data-field={props.at}>
      <legend>{props.title}</legend>
      {props.help && <p class="td-help">{props.help}</p>}
      {props.children}
    </fieldset>
  );
}

interface LabelledProps {
  label: string;
  at?: string;
  help?: ComponentChildren;
  error?: string;
  children: (ids: { id: string; describedBy: string }) => ComponentChildren;
}

/** A label above, help and error below a control. */
export function Labelled({ label, at, help, error, children }: LabelledProps) {
  const id = useId();
  return (
    <div class="td-field" data-field={at}>
      <label for={id}>{label}</label>
      {children({ id, describedBy: `${id}-help` })}
      <div id={`${id}-help`}>
        {error && <p class="td-error">{error}</p>}
        {help && <p class="td-help">{help}</p>}
      </div>
    </div>
  );
}

interface NumberProps {
  label: string;
  help?: ComponentChildren;
  value: number | null;
  min: number;
  max: number;
  /** Decimals are taken, too. */
  fraction?: boolean;
  unit?: string;
  /** What an empty field means; without it the field can't be empty. */
  empty?: string;
  onChange: (value: number | null) => void;
}

/** A number in a range. What is out of it is told, and does not change the draft. */
export function NumberField(props: NumberProps) {
  const [text, setText] = useState(shown(props.value));
  useEffect(() => {
    if (readNumber(text, props).value !== props.value) setText(shown(props.value));
  }, [props.value]);
  const { error } = readNumber(text, props);
  return (
    <Labelled label={props.label} help={props.help} error={error}>
      {({ id, describedBy }) => (
        <span class="lg-number">
          <input
            id={id}
            class="td-input"
            type="text"
            inputMode={props.fraction ? "decimal" : "numeric"}
            value={text}
            placeholder={props.empty}
            readOnly={readOnly.value}
            aria-invalid={error ? "true" : undefined}
            aria-describedby={describedBy}
            onInput={(event) => {
              const typed = event.currentTarget.value;
              setText(typed);
              const read = readNumber(typed, props);
              if (!read.error && read.value !== props.value) props.onChange(read.value);
            }}
            onBlur={() => error && setText(shown(props.value))}
          />
          {props.unit && <span class="lg-unit">{props.unit}</span>}
        </span>
      )}
    </Labelled>
  );
}

const shown = (value: number | null) => (value === null ? "" : String(value));

export function readNumber(
  text: string,
  range: Pick<NumberProps, "min" | "max" | "fraction" | "empty">,
): { value: number | null; error: string } {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return { value: null, error: range.empty === undefined ? "Enter a number." : "" };
  const value = Number(trimmed);
  if (!Number.isFinite(value)) return { value: null, error: "This is not a number." };
  if (!range.fraction && !Number.isInteger(value)) return { value: null, error: "Enter a whole number." };
  if (value < range.min || value > range.max) {
    return { value: null, error: `Enter a number from ${range.min} to ${range.max}.` };
  }
  return { value, error: "" };
}

interface TextProps {
  label: string;
  at?: string;
  help?: ComponentChildren;
  value: string;
  error?: string;
  placeholder?: string;
  /** Suggestions; anything else can be typed, too. */
  suggestions?: readonly string[];
  /** Characters. */
  max: number;
  mono?: boolean;
  onChange: (value: string) => void;
}

export function TextField(props: TextProps) {
  return (
    <Labelled label={props.label} at={props.at} help={props.help} error={props.error}>
      {({ id, describedBy }) => (
        <>
          <input
            id={id}
            class={props.mono ? "td-input lg-mono" : "td-input"}
            type="text"
            value={props.value}
            maxLength={props.max}
            placeholder={props.placeholder}
            readOnly={readOnly.value}
            list={props.suggestions?.length ? `${id}-list` : undefined}
            aria-invalid={props.error ? "true" : undefined}
            aria-describedby={describedBy}
            autocomplete="off"
            spellcheck={!props.mono}
            onInput={(event) => props.onChange(event.currentTarget.value)}
          />
          {props.suggestions?.length ? (
            <datalist id={`${id}-list`}>
              {props.suggestions.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          ) : null}
        </>
      )}
    </Labelled>
  );
}

/** A text that the draft does not take while it is empty or taken: it is told, and put back on leaving. */
export function KeptText(props: Omit<TextProps, "error"> & { problem?: (value: string) => string }) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  const problemOf = (value: string) => (value.trim() ? (props.problem?.(value.trim()) ?? "") : "It needs a name.");
  const error = text === props.value ? "" : problemOf(text);
  return (
    <div onFocusOut={() => error && setText(props.value)} class="lg-kept">
      <TextField
        {...props}
        value={text}
        error={error}
        onChange={(value) => {
          setText(value);
          if (!problemOf(value)) props.onChange(value);
        }}
      />
    </div>
  );
}

interface ChoiceProps<V extends string> {
  label: string;
  help?: ComponentChildren;
  value: V;
  options: readonly { value: V; label: string }[];
  onChange: (value: V) => void;
}

export function ChoiceField<V extends string>(props: ChoiceProps<V>) {
  return (
    <Labelled label={props.label} help={props.help}>
      {({ id, describedBy }) => (
        <select
          id={id}
          class="td-input"
          value={props.value}
          disabled={readOnly.value}
          aria-describedby={describedBy}
          onChange={(event) => props.onChange(event.currentTarget.value as V)}
        >
          {props.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

interface RadioProps<V extends string> {
  legend: string;
  value: V;
  options: readonly { value: V; label: string; help?: string }[];
  onChange: (value: V) => void;
}

/** A few choices, each explained. */
export function Radios<V extends string>({ legend, value, options, onChange }: RadioProps<V>) {
  const name = useId();
  return (
    <fieldset class="lg-radios">
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} class="lg-radio">
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            disabled={readOnly.value}
            onChange={() => onChange(option.value)}
          />
          <span>
            {option.label}
            {option.help && <span class="td-help">{option.help}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

export function Tick(props: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label class="lg-radio">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={readOnly.value}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>{props.label}</span>
    </label>
  );
}

/** Help that is read when it is wanted. */
export function More({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details class="lg-more">
      <summary>{title}</summary>
      <div class="lg-more-body">{children}</div>
    </details>
  );
}
