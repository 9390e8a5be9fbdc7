/** One field of a step: its control or a template with pills, and what it comes to. */

import type { ComponentChildren } from "preact";
import { useId, useMemo, useRef, useState } from "preact/hooks";

import type { Mapping } from "../../definition/types";
import { readOnly } from "../../state/store";
import { Button } from "../../ui";
import { lastField } from "../lastField";
import { pillSource } from "../pills/template";
import { Control } from "./Control";
import { FieldNotes } from "./FieldNotes";
import { type FieldSpec, type Filling, fitsRows, hasOwnControl } from "./model";
import { TextControl } from "./TextControl";

/** Whose field it is, where that is known: lists are fetched for it. */
export interface FieldOwner {
  action?: string;
  trigger?: string;
  connection: string;
  /** The other inputs, for what depends on them. */
  inputs?: Record<string, Mapping>;
}

export interface MappingFieldProps {
  spec: FieldSpec;
  mapping: Filling;
  /** Null empties the field. */
  onChange: (mapping: Mapping | null) => void;
  stepId: string;
  /** The field's place in the step, as previews name it: "email", "data.plan". */
  path: string;
  label?: string;
  owner?: FieldOwner;
  /** A word about how it was filled. */
  note?: string;
  /** Without a label of its own: in a row that has one. */
  bare?: boolean;
  /** What stands at the right of the label. */
  aside?: ComponentChildren;
}

export interface ControlProps {
  id: string;
  spec: FieldSpec;
  label: string;
  mapping: Filling;
  onChange: (mapping: Mapping | null) => void;
  stepId: string;
  path: string;
  owner: FieldOwner | undefined;
  describedBy: string;
  isWrong: boolean;
}

export function MappingField(props: MappingFieldProps) {
  const { spec, mapping, onChange, stepId, path, owner, note, bare = false } = props;
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const label = props.label ?? spec.label;
  const isLiteral = spec.literal === true;
  const own = hasOwnControl(spec);
  const isTemplate = mapping !== null && mapping !== undefined && "template" in mapping;
  const [asText, setAsText] = useState(false);
  const showsText = !isLiteral && own && (isTemplate || asText);
  const [isWrong, setWrong] = useState(false);
  const takesData = !isLiteral && !(spec.type === "object" && spec.keys_fixed === true);
  const isGroup = !showsText && isGrouped(spec) && fitsRows(mapping, spec.type);
  const control: ControlProps = {
    id,
    spec,
    label,
    mapping,
    onChange,
    stepId,
    path,
    owner,
    describedBy: `${id}-about`,
    isWrong,
  };
  // A control without a text takes data from the tree as a whole.
  const remember = useMemo(
    () => (event: FocusEvent) => {
      const target = event.target as HTMLElement;
      if (!own || !takesData || target.closest(".ti") !== null || target.closest(".mf") !== box.current) return;
      lastField.value = {
        label,
        stepId,
        element: box.current!,
        insert: (inserted) => onChange({ template: pillSource(inserted) }),
        focus: () => box.current?.querySelector<HTMLElement>("input, select, [contenteditable]")?.focus(),
      };
    },
    [own, takesData, label, stepId, onChange],
  );
  return (
    <div ref={box} class={bare ? "mf is-bare" : "mf"} data-field={path} onFocusCapture={remember} {...(isGroup ? { role: "group", "aria-labelledby": `${id}-label` } : {})}>
      <div class={bare ? "mf-head sr" : "mf-head"}>
        {isGroup ? (
          <span id={`${id}-label`} class="mf-label">
            {label}
            <Mark spec={spec} />
          </span>
        ) : (
          <label id={`${id}-label`} for={id} class="mf-label" onClick={() => document.getElementById(id)?.focus()}>
            {label}
            <Mark spec={spec} />
          </label>
        )}
        {props.aside}
        {own && takesData && !readOnly.value && !bare && (
          <Switch
            isText={showsText}
            onSwitch={() => {
              if (showsText && isTemplate) onChange(null);
              setAsText(!showsText);
            }}
          />
        )}
      </div>
      {showsText ? <TextControl {...control} /> : <Control {...control} />}
      <FieldNotes id={`${id}-about`} spec={spec} mapping={mapping} stepId={stepId} path={path} note={note ?? ""} bare={bare} onWrong={setWrong} />
    </div>
  );
}

function isGrouped(spec: FieldSpec): boolean {
  if ((spec.options_from ?? null) !== null) return false;
  return spec.type === "object" || spec.type === "list" || spec.type === "boolean";
}

function Mark({ spec }: { spec: FieldSpec }) {
  return (
    <>
      {spec.required === true && (
        <span class="mf-required" title="Required">
          <span aria-hidden="true"> *</span>
          <span class="sr"> (required)</span>
        </span>
      )}
      {spec.unit && <span class="mf-unit"> in {spec.unit}</span>}
    </>
  );
}

function Switch({ isText, onSwitch }: { isText: boolean; onSwitch: () => void }) {
  return (
    <Button look="quiet" size="small" icon={isText ? "list" : "braces"} class="mf-switch" onClick={onSwitch}>
      {isText ? "Choose a value" : "Use data"}
    </Button>
  );
}
