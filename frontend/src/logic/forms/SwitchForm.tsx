import { useRef } from "preact/hooks";

import { openDialog } from "../../app/dialogs";
import type { SwitchCase } from "../../definition/types";
import { walk } from "../../definition/walk";
import { definition, readOnly } from "../../state/store";
import { Button, Dialog } from "../../ui";
import { newCase } from "../defaults";
import { ConditionField } from "../fields";
import type { FormProps } from "../forms";
import { KeptText, Section } from "../parts";
import { useResolved } from "../../panel/previews";
import { Reorder, moved } from "../Reorder";
import { VERDICT_WORDS, freeCaseName, freeId, verdicts, type CaseVerdict } from "../verdict";

const MOST_CASES = 20;

/** Ordered cases; the first whose condition holds is taken. */
export function SwitchForm({ step, onChange }: FormProps<"switch">) {
  const found = verdicts(step, useResolved(step.id).conditions);
  const added = useRef("");
  const set = (cases: SwitchCase[], merge?: string) => onChange({ ...step, cases }, merge);
  const put = (changed: SwitchCase, merge?: string) =>
    set(step.cases.map((one) => (one.id === changed.id ? changed : one)), merge);
  const add = () => {
    const id = freeId("case", takenIds());
    added.current = id;
    set([...step.cases, newCase(id, freeCaseName(step.cases.map(({ name }) => name)))]);
  };
  return (
    <>
      <Section title="Cases" at="cases" help="They are looked at from top to bottom. The first whose condition holds is taken, and the branches join again behind the switch.">
        <Reorder
          items={step.cases}
          keyOf={({ id }) => id}
          nameOf={({ name }) => `case “${name}”`}
          onMove={(from, to) => set(moved(step.cases, from, to))}
        >
          {(one, index, handle) => (
            <section class="lg-card" data-field={`cases.${one.id}`} aria-label={`Case ${index + 1}: ${one.name}`}>
              <div class="lg-card-head">
                {handle}
                <KeptText
                  label={`Case ${index + 1}`}
                  value={one.name}
                  max={120}
                  problem={(name) => nameProblem(name, step.cases.filter(({ id }) => id !== one.id))}
                  onChange={(name) => put({ ...one, name }, `${step.id}.${one.id}.name`)}
                />
                {!readOnly.value && step.cases.length > 1 && (
                  <Button
                    look="quiet"
                    icon="trash"
                    label={`Delete case “${one.name}”`}
                    onClick={() => remove(one, () => set(step.cases.filter(({ id }) => id !== one.id)))}
                  />
                )}
              </div>
              <Verdict of={found[one.id] ?? null} />
              <ConditionField
                stepId={step.id}
                part={`cases.${one.id}`}
                condition={one.condition}
                onChange={(condition) => put({ ...one, condition }, `${step.id}.${one.id}.condition`)}
              />
              <p class="td-help">{counted(one.steps.length)}</p>
            </section>
          )}
        </Reorder>
        {!readOnly.value &&
          (step.cases.length < MOST_CASES ? (
            <Button icon="add" onClick={add}>
              Add case
            </Button>
          ) : (
            <p class="td-help">A switch has {MOST_CASES} cases at most.</p>
          ))}
      </Section>
      <Section title="Otherwise" help="Taken when no case holds.">
        <Verdict of={found["default"] ?? null} />
        <p class="td-help">{counted(step.default.length)}</p>
      </Section>
    </>
  );
}

function Verdict({ of }: { of: CaseVerdict }) {
  const words = of && VERDICT_WORDS[of];
  return (
    <p class="lg-verdict" role="status">
      {words && <span class={`td-badge td-${words.look}`}>{words.text}</span>}
    </p>
  );
}

const counted = (count: number) =>
  count === 0 ? "No steps yet: add them on the canvas." : `${count} ${count === 1 ? "step" : "steps"} in this branch.`;

function nameProblem(name: string, others: readonly SwitchCase[]): string {
  const same = (other: string) => other.trim().toLowerCase() === name.toLowerCase();
  if (same("default")) return "“default” is what the branch without a case is called.";
  return others.some((other) => same(other.name)) ? "Another case has this name." : "";
}

function takenIds(): Set<string> {
  const taken = new Set<string>();
  for (const step of walk(definition.value.steps)) {
    taken.add(step.id);
    if (step.kind === "switch") for (const { id } of step.cases) taken.add(id);
  }
  return taken;
}

/** Ask first where steps would go with the case. */
function remove(one: SwitchCase, act: () => void) {
  const inner = [...walk(one.steps)];
  if (inner.length === 0) {
    act();
    return;
  }
  const steps = inner.length === 1 ? "1 step" : `${inner.length} steps`;
  openDialog((close) => (
    <Dialog
      title={`Delete case “${one.name}”?`}
      size="small"
      onClose={close}
      actions={
        <>
          <Button onClick={close}>Keep it</Button>
          <Button
            look="danger"
            onClick={() => {
              close();
              act();
            }}
          >
            Delete with {steps}
          </Button>
        </>
      }
    >
      <p>
        {steps} in it {inner.length === 1 ? "is" : "are"} deleted, too: {inner.slice(0, 5).map(({ name }) => `“${name}”`).join(", ")}
        {inner.length > 5 ? " and more" : ""}. Undo brings {inner.length === 1 ? "it" : "them"} back.
      </p>
    </Dialog>
  ));
}
