/** What starts the workflow: which trigger, on whose account, with which options. */

import { useRef, useState } from "preact/hooks";

import { ConnectionPicker } from "../../connections/ConnectionPicker";
import type { Json, Mapping } from "../../definition/types";
import { catalog, definition, edit, readOnly, triggerByRef } from "../../state/store";
import { Button } from "../../ui";
import { withTrigger } from "../changing";
import { type TriggerDeclaration, useTriggerSpec } from "../declarations";
import { Combobox } from "../fields/Combobox";
import { MappingField } from "../fields/MappingField";
import { type FieldSpec, plainOf } from "../fields/model";
import { Frame } from "../Frame";
import { goToField, Problems } from "../Problems";
import { DataTree } from "../tree/DataTree";
import { OrderSection } from "./OrderSection";

export function TriggerPanel() {
  const { trigger } = definition.value;
  const found = triggerByRef(trigger.trigger);
  const { spec, problem } = useTriggerSpec(trigger.trigger);
  const app = found?.app.key ?? trigger.trigger.split(".")[0] ?? "";
  return (
    <Frame
      title={found?.trigger.name ?? "Trigger"}
      kind={
        <>
          {found?.app.logo && <img class="pn-logo" src={found.app.logo} alt="" />}
          <span>{found === null ? "What starts the workflow" : `${found.app.name} · Trigger`}</span>
        </>
      }
    >
      <Problems stepId="trigger" onGo={(each) => goToField(each.field || (each.path.split(".").at(-1) ?? ""))} />
      <TriggerChoice isNew={trigger.trigger === ""} />
      {problem !== "" && <p class="td-error">{problem}</p>}
      {spec !== null && spec.requires_connection && (
        <div data-field="connection">
          <ConnectionPicker
            app={app}
            value={trigger.connection}
            onChange={(connection) =>
              edit("Choose connection", (draft) => ({ ...draft, trigger: { ...draft.trigger, connection } }))
            }
          />
        </div>
      )}
      {spec !== null && <Options spec={spec} />}
      {spec !== null && <OrderSection fields={spec.fields} />}
      {trigger.trigger !== "" && (
        <section class="pn-section" aria-labelledby="pn-sample">
          <h3 id="pn-sample">What an event holds</h3>
          <DataTree stepId="trigger" only="trigger" />
        </section>
      )}
    </Frame>
  );
}

function TriggerChoice({ isNew }: { isNew: boolean }) {
  const [changes, setOpen] = useState(false);
  const isOpen = isNew || changes;
  const box = useRef<HTMLDivElement>(null);
  const { trigger } = definition.value;
  const found = triggerByRef(trigger.trigger);
  const options = catalog.value.apps.flatMap((app) =>
    app.triggers.map((each) => ({ value: each.ref, label: `${app.name} · ${each.name}` })),
  );
  const choose = (ref: string): void => {
    setOpen(false);
    const next = triggerByRef(ref);
    // The list goes with the choice: the focus stays beside it.
    requestAnimationFrame(() => box.current?.querySelector("button")?.focus());
    if (next === null || ref === trigger.trigger) return;
    edit("Change trigger", (draft) => withTrigger(draft, ref, next.app.key === found?.app.key));
  };
  return (
    <div ref={box} class="mf" data-field="trigger">
      <div class="mf-head">
        <span class="mf-label">Trigger</span>
        {!readOnly.value && !isNew && (
          <Button look="quiet" size="small" icon="refresh" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "Keep it" : "Change"}
          </Button>
        )}
      </div>
      {isOpen ? (
        <Combobox id="pn-trigger" label="Search triggers" value="" placeholder="Search triggers" options={options} opens onChoose={choose} />
      ) : (
        <p class="pn-plain">{found === null ? trigger.trigger : `${found.app.name} · ${found.trigger.name}`}</p>
      )}
      {found?.trigger.description && !isOpen && <p class="td-help">{found.trigger.description}</p>}
    </div>
  );
}

/** Options are fixed values: no data stands before the trigger. */
function Options({ spec }: { spec: TriggerDeclaration }) {
  const { trigger } = definition.value;
  const change = (field: FieldSpec, mapping: Mapping | null): void =>
    edit(
      `Change ${field.label}`,
      (draft) => {
        const { [field.key]: _before, ...others } = draft.trigger.options;
        const options: Record<string, Json> = mapping === null ? others : { ...draft.trigger.options, [field.key]: plainOf(mapping) };
        return { ...draft, trigger: { ...draft.trigger, options } };
      },
      { merge: `trigger.options.${field.key}` },
    );
  return (
    <>
      {spec.options
        .filter((field) => field.secret !== true)
        .map((field) => {
          const value = trigger.options[field.key];
          return (
            <MappingField
              key={`${trigger.trigger}.${field.key}`}
              spec={fixed(field)}
              mapping={value === undefined ? null : { value }}
              onChange={(mapping) => change(field, mapping)}
              stepId="trigger"
              path={field.key}
              owner={{ trigger: trigger.trigger, connection: trigger.connection }}
            />
          );
        })}
    </>
  );
}

function fixed(field: FieldSpec): FieldSpec {
  return { ...field, literal: true, ...(field.fields === undefined ? {} : { fields: field.fields.map((each) => ({ ...each, literal: true })) }) };
}
