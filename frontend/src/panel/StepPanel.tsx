/** The panel of the step or trigger that is selected. */

import { signal } from "@preact/signals";
import { useErrorBoundary } from "preact/hooks";

import type { Problem } from "../api/types";
import type { ActionStep, Step } from "../definition/types";
import { formFor } from "../logic/forms";
import { actionByRef, catalog, problemsByStep, readOnly, selected, selectedStep } from "../state/store";
import { Button } from "../ui";
import { changeStep } from "./changing";
import { ActionSetUp } from "./ActionSetUp";
import { useActionSpec } from "./declarations";
import { Frame } from "./Frame";
import { MapTab } from "./MapTab";
import { panelPart } from "./parts";
import { goToField, Problems } from "./Problems";
import { CommonSettings, NameField } from "./Settings";
import { Tabs } from "./Tabs";
import { TriggerPanel } from "./trigger/TriggerPanel";

/** The tab that was open last; another step opens on it where it has one. */
const tab = signal("setup");

/** Show a tab of the panel: "setup", "map" or "test". */
export function showTab(key: "setup" | "map" | "test"): void {
  tab.value = key;
}

export function StepPanel() {
  const step = selectedStep.value;
  if (selected.value === "trigger") return <TriggerPanel />;
  if (step === null) return null;
  return <OneStep key={step.id} step={step} />;
}

function OneStep({ step }: { step: Step }) {
  const Test = panelPart("test");
  const isAction = step.kind === "action";
  const problems = problemsByStep.value.get(step.id) ?? [];
  const ofInputs = isAction ? problems.filter(isInput) : [];
  const tabs = [
    { key: "setup", label: "Set up", problems: problems.length - ofInputs.length },
    ...(isAction ? [{ key: "map", label: "Map", problems: ofInputs.length }] : []),
    ...(Test !== null ? [{ key: "test", label: "Test" }] : []),
  ];
  const current = tabs.some((each) => each.key === tab.value) ? tab.value : "setup";
  const go = (problem: Problem): void => {
    if (isAction) tab.value = isInput(problem) ? "map" : "setup";
    goToField(problem.field || lastOf(problem.path));
  };
  return (
    <Frame
      title={step.name || "Step"}
      kind={<KindMark step={step} />}
      tabs={<Tabs tabs={tabs} current={current} onChoose={(key) => (tab.value = key)} />}
      treeOf={current === "test" ? null : step.id}
      treeWaits={isAction && current === "setup"}
    >
      <div id="pn-tabpanel" role="tabpanel" aria-label={tabs.find((each) => each.key === current)?.label} tabIndex={-1}>
        {step.disabled && (
          <p class="pn-notice">
            This step is switched off: runs pass it by.{" "}
            {!readOnly.value && (
              <Button size="small" onClick={() => changeStep(step, "Switch on step", { disabled: false })}>
                Switch on
              </Button>
            )}
          </p>
        )}
        {current !== "test" && <Problems stepId={step.id} onGo={go} />}
        <Guard key={current}>
          {current === "setup" && <SetUp step={step} />}
          {current === "map" && isAction && <MapTab step={step} />}
          {current === "test" && Test !== null && <Test stepId={step.id} />}
        </Guard>
      </div>
    </Frame>
  );
}

function SetUp({ step }: { step: Step }) {
  const Form = formFor(step.kind);
  return (
    <>
      <NameField step={step} />
      {step.kind === "action" ? (
        <ActionSetUp step={step} />
      ) : (
        Form !== null && (
          <Form
            step={step}
            onChange={(next, merge) => changeStep<Step>(step, `Change ${step.name}`, next as Partial<Step>, merge?.replace(`${step.id}.`, ""))}
          />
        )
      )}
      <CommonSettings step={step} />
    </>
  );
}

/** A part that fails takes the panel with it, not the editor. */
function Guard({ children }: { children: preact.ComponentChildren }) {
  const [error, reset] = useErrorBoundary((caught) => console.error(caught));
  if (error === undefined) return <>{children}</>;
  return (
    <div class="pn-notice td-error" role="alert">
      <p>This part of the panel failed: {error instanceof Error ? error.message : "unknown reason"}. The draft is not touched.</p>
      <Button size="small" onClick={reset}>
        Try again
      </Button>
    </div>
  );
}

function KindMark({ step }: { step: Step }) {
  if (step.kind !== "action") {
    return <span>{catalog.value.logic.find((each) => each.kind === step.kind)?.name ?? step.kind}</span>;
  }
  return <ActionMark step={step} />;
}

function ActionMark({ step }: { step: ActionStep }) {
  const found = actionByRef(step.action);
  const { spec } = useActionSpec(step.action);
  return (
    <>
      {found?.app.logo && <img class="pn-logo" src={found.app.logo} alt="" />}
      <span>
        {found === null ? "An action that is gone" : `${found.app.name} · ${found.action.name}`}
        {spec?.effect === "read" && <span class="pn-faint"> · reads only</span>}
      </span>
    </>
  );
}

/** Whether a problem is one of an input, which has its field on the tab Map. */
function isInput(problem: Problem): boolean {
  return problem.field !== "" && /(^|\.)inputs(\.|$)/.test(problem.path);
}

function lastOf(path: string): string {
  return path.split(".").at(-1) ?? "";
}
