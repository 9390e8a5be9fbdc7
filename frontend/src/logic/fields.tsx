/* Mappings and conditions in the forms of logic steps, in the same controls as the inputs of actions. */

import type { Field, FieldType } from "../api/types";
import type { Condition, Mapping } from "../definition/types";
import { ConditionEditor } from "../panel/conditions";
import { MappingField } from "../panel/fields";

interface MappedProps {
  stepId: string;
  /** Where the field stands in the step, as previews name it: "prompt", "inputs.total". */
  path: string;
  label: string;
  help?: string;
  type?: FieldType;
  required?: boolean;
  mapping: Mapping | null;
  onChange: (mapping: Mapping | null) => void;
}

/** A field that a value or a template fills, with its resolved value under it. */
export function Mapped({ stepId, path, label, help = "", type = "text", required, mapping, onChange }: MappedProps) {
  return (
    <MappingField
      spec={fieldOf(path, label, help, type, required ?? false)}
      mapping={mapping ?? undefined}
      onChange={(changed: Mapping | null | undefined) => onChange(changed ?? null)}
      stepId={stepId}
      path={path}
    />
  );
}

interface ConditionProps {
  stepId: string;
  /** "condition", or "cases.<id>". */
  part: string;
  condition: Condition;
  onChange: (condition: Condition) => void;
}

export function ConditionField({ stepId, part, condition, onChange }: ConditionProps) {
  return <ConditionEditor condition={condition} onChange={onChange} stepId={stepId} part={part} />;
}

function fieldOf(key: string, label: string, help_text: string, type: FieldType, required: boolean): Field {
  return {
    key,
    label,
    type,
    required,
    help_text,
    default: null,
    choices: [],
    options_from: null,
    unit: null,
    unit_from: null,
    danger: null,
    example: null,
    semantic: null,
    literal: false,
    keys_fixed: false,
    narrows: false,
    max_bytes: null,
    fields: [],
  };
}
