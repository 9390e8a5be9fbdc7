/** The fields of an action, and “Map for me”. */

import { useState } from "preact/hooks";

import type { ActionStep } from "../definition/types";
import { actionByRef, readOnly } from "../state/store";
import { setInput } from "./changing";
import { type ActionDeclaration, useActionSpec } from "./declarations";
import { MappingField } from "./fields/MappingField";
import { type FieldSpec, isUnfilled } from "./fields/model";
import { useResolveFailure } from "./previews";
import { MapForMe } from "./Suggestions";

/** How many optional fields are shown without being asked for. */
const SHOWN_OPTIONAL = 6;

export function MapTab({ step }: { step: ActionStep }) {
  const { spec, problem } = useActionSpec(step.action);
  const failure = useResolveFailure(step.id);
  if (problem !== "" && actionByRef(step.action) === null) {
    return <p class="pn-faint">There is nothing to fill until another action is chosen on “Set up”.</p>;
  }
  if (problem !== "") return <p class="td-error">{problem}</p>;
  if (spec === null) return <p class="pn-faint" role="status">Loading the fields…</p>;
  return (
    <>
      {failure !== "" && <p class="pn-notice td-error">No values can be shown: {failure}</p>}
      {!readOnly.value && <MapForMe step={step} spec={spec} />}
      <Fields step={step} spec={spec} />
    </>
  );
}

function Fields({ step, spec }: { step: ActionStep; spec: ActionDeclaration }) {
  const [showsAll, setShowsAll] = useState(false);
  const inputs = spec.inputs.filter((field) => field.key !== spec.decided_by && field.secret !== true);
  const optional = inputs.filter((field) => !isNeeded(field, step));
  const hides = optional.length > SHOWN_OPTIONAL && !showsAll;
  const later = new Set(hides ? optional.slice(SHOWN_OPTIONAL - 1).map((field) => field.key) : []);
  const shown = inputs.filter((field) => !later.has(field.key));
  return (
    <>
      <Groups spec={spec} />
      {shown.map((field) => (
        <InputField key={field.key} step={step} field={field} />
      ))}
      {inputs.length === 0 && <p class="pn-faint">This action has nothing to fill.</p>}
      {later.size > 0 && (
        <button type="button" class="pn-all" onClick={() => setShowsAll(true)}>
          Show {later.size} more optional fields
        </button>
      )}
      <Unknown step={step} spec={spec} />
    </>
  );
}

function isNeeded(field: FieldSpec, step: ActionStep): boolean {
  return field.required === true || !isUnfilled(step.inputs[field.key]);
}

function InputField({ step, field }: { step: ActionStep; field: FieldSpec }) {
  return (
    <MappingField
      spec={field}
      mapping={step.inputs[field.key]}
      onChange={(mapping) => setInput(step, field.key, field.label, mapping)}
      stepId={step.id}
      path={field.key}
      owner={{ action: step.action, connection: step.connection, inputs: step.inputs }}
    />
  );
}

/** Fields of which one must be filled. */
function Groups({ spec }: { spec: ActionDeclaration }) {
  const labels = (keys: string[]): string =>
    keys.map((key) => `“${spec.inputs.find((field) => field.key === key)?.label ?? key}”`).join(", ");
  const any = lists(spec.any_of);
  const one = lists(spec.one_of);
  if (any.length + one.length === 0) return null;
  return (
    <div class="pn-notice">
      {any.map((keys) => (
        <p key={keys.join()}>Fill at least one of {labels(keys)}.</p>
      ))}
      {one.map((keys) => (
        <p key={keys.join()}>Fill exactly one of {labels(keys)}.</p>
      ))}
    </div>
  );
}

function lists(given: unknown): string[][] {
  return Array.isArray(given) ? given.filter((each): each is string[] => Array.isArray(each)) : [];
}

/** What fills fields that the action does not have any more. */
function Unknown({ step, spec }: { step: ActionStep; spec: ActionDeclaration }) {
  const known = new Set(spec.inputs.map((field) => field.key));
  const gone = Object.keys(step.inputs).filter((key) => !known.has(key));
  return (
    <>
      {gone.map((key) => (
        <div key={key} class="pn-notice" data-field={key}>
          <p>
            “{key}” is filled, but this action has no such field.{" "}
            {!readOnly.value && (
              <button type="button" class="pn-all" onClick={() => setInput(step, key, key, null)}>
                Remove it
              </button>
            )}
          </p>
        </div>
      ))}
    </>
  );
}
