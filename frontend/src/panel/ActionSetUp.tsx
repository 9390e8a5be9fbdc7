/** How an action is set up: which one, on whose account, in which mode, and when at all. */

import { useState } from "preact/hooks";

import { ConnectionPicker } from "../connections/ConnectionPicker";
import type { ActionStep, Mapping } from "../definition/types";
import { replaceStep } from "../definition/edit";
import { actionByRef, catalog, connectionByCode, edit, readOnly } from "../state/store";
import { Button, Icon } from "../ui";
import { announce, toast } from "../ui/toasts";
import { changeStep, setInput, withAction } from "./changing";
import { ConditionEditor } from "./conditions";
import { EMPTY_LEAF } from "./conditions/model";
import { type ActionDeclaration, actionSpec, useActionSpec } from "./declarations";
import { Combobox } from "./fields/Combobox";
import { MappingField } from "./fields/MappingField";
import { valueText } from "./fields/model";
import { Check } from "./Settings";

export function ActionSetUp({ step }: { step: ActionStep }) {
  const { spec, problem } = useActionSpec(step.action);
  const found = actionByRef(step.action);
  const app = spec?.app ?? found?.app.key ?? step.action.split(".")[0] ?? "";
  const needsConnection = spec?.requires_connection !== false;
  return (
    <>
      <ActionChoice step={step} />
      {problem !== "" && found !== null && <p class="td-error">{problem}</p>}
      {needsConnection && (
        <div data-field="connection">
          <ConnectionPicker
            app={app}
            value={step.connection}
            onChange={(connection) => changeStep(step, "Choose connection", { connection })}
          />
        </div>
      )}
      {spec !== null && <Mode step={step} spec={spec} />}
      {spec !== null && <Danger step={step} spec={spec} />}
      <RunIf step={step} />
    </>
  );
}

function ActionChoice({ step }: { step: ActionStep }) {
  const [isOpen, setOpen] = useState(false);
  const found = actionByRef(step.action);
  const choose = async (ref: string): Promise<void> => {
    setOpen(false);
    if (ref === "" || ref === step.action) return;
    const spec = await actionSpec(ref);
    if (spec === null) {
      toast("This action can't be read just now. Try again.", { look: "error" });
      return;
    }
    const before = found === null ? null : { name: found.action.name, app: found.app.key };
    const kept = Object.keys(withAction(step, spec, before).inputs).length;
    edit("Change action", (draft) =>
      replaceStep(draft, step.id, (current) => (current.kind === "action" ? withAction(current, spec, before) : current)),
    );
    announce(kept === 1 ? "One field was kept." : `${kept} fields were kept.`);
  };
  const options = catalog.value.apps.flatMap((app) =>
    app.actions.map((action) => ({ value: action.ref, label: `${app.name} · ${action.name}` })),
  );
  return (
    <div class="mf" data-field="action">
      <div class="mf-head">
        <span class="mf-label" id={`${step.id}-action`}>
          Action
        </span>
        {!readOnly.value && (
          <Button look="quiet" size="small" icon="refresh" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "Keep it" : "Change"}
          </Button>
        )}
      </div>
      {isOpen ? (
        <Combobox id={`${step.id}-choose`} label="Search actions" value="" placeholder="Search actions" options={options} opens onChoose={(ref) => void choose(ref)} />
      ) : (
        <p class="pn-plain">{found === null ? step.action : `${found.app.name} · ${found.action.name}`}</p>
      )}
      {found?.action.description && !isOpen && <p class="td-help">{found.action.description}</p>}
    </div>
  );
}

/** The input that decides what the action does stands here, not among the others. */
function Mode({ step, spec }: { step: ActionStep; spec: ActionDeclaration }) {
  const field = spec.inputs.find((each) => each.key === spec.decided_by);
  if (field === undefined) return null;
  return (
    <MappingField
      spec={{ ...field, literal: true }}
      mapping={step.inputs[field.key]}
      onChange={(mapping) => setInput(step, field.key, field.label, mapping)}
      stepId={step.id}
      path={field.key}
    />
  );
}

/** What must be confirmed before the step may go live, in the mode that is chosen; "" for nothing. */
export function dangerOf(step: ActionStep, spec: ActionDeclaration): string {
  const mapping: Mapping | undefined = spec.decided_by === null ? undefined : step.inputs[spec.decided_by];
  const field = spec.inputs.find((each) => each.key === spec.decided_by);
  const value = mapping !== undefined && "value" in mapping ? mapping.value : (field?.default ?? null);
  const mode = spec.modes[valueText(value)];
  return (mode === undefined ? spec.danger : mode.danger) ?? "";
}

function Danger({ step, spec }: { step: ActionStep; spec: ActionDeclaration }) {
  const danger = dangerOf(step, spec);
  const isSandbox = connectionByCode(step.connection)?.sandbox === true;
  if (danger === "") return null;
  return (
    <div class="pn-danger" data-field="confirmed">
      <p>
        <Icon name="warning" size={1} /> {danger}
        {isSandbox && " On a sandbox connection nothing real is changed."}
      </p>
      <Check
        label="I know, and this step shall do it"
        help="Without this the workflow can't be published."
        checked={step.confirmed}
        field="confirmed"
        onChange={(confirmed) => changeStep(step, confirmed ? "Confirm step" : "Take back confirmation", { confirmed })}
      />
    </div>
  );
}

function RunIf({ step }: { step: ActionStep }) {
  const isOn = step.run_if !== null;
  return (
    <div data-field="run_if">
      <Check
        label="Only if a condition holds"
        help="Where it does not hold the step is skipped and the run goes on behind it."
        checked={isOn}
        field="run_if"
        onChange={(on) => changeStep(step, on ? "Add condition" : "Remove condition", { run_if: on ? { all: [EMPTY_LEAF] } : null })}
      />
      {step.run_if !== null && (
        <ConditionEditor
          condition={step.run_if}
          onChange={(run_if) => changeStep(step, "Change condition", { run_if }, "run_if")}
          onRemove={() => changeStep(step, "Remove condition", { run_if: null })}
          stepId={step.id}
          part="run_if"
          label="Only if"
          tells
        />
      )}
    </div>
  );
}
