/* Testing the whole workflow: a drawer beside the canvas, so that results are seen on its cards. */

import { useEffect, useRef, useState } from "preact/hooks";
import { showTab } from "../panel/StepPanel";
import { openStep, panelOpen, selected } from "../state/store";
import { Button } from "../ui";
import { Cases } from "./Cases";
import { EventChooser } from "./EventChooser";
import { sentence } from "./outcome";
import { Badge, ResultView } from "./ResultView";
import { Standing, TestButtons } from "./Running";
import { forget, last, open, testing } from "./state";
import type { Result } from "./types";

export function TestButton() {
  return (
    <Button icon="play" aria-expanded={open.value} onClick={toggle}>
      Test
    </Button>
  );
}

/** The drawer and a step's panel share the place at the right: one of them is open. */
function toggle(): void {
  open.value = !open.value;
  if (!open.value) return;
  panelOpen.value = false;
  opener = document.activeElement;
}

/** What the focus goes back to. */
let opener: Element | null = null;

function close(): void {
  open.value = false;
  if (opener instanceof HTMLElement) opener.focus();
}

export function TestDrawer() {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (panelOpen.value) open.value = false;
  }, [panelOpen.value]);
  useEffect(() => {
    if (open.value) head.current?.focus();
  }, [open.value]);
  if (!open.value) return null;
  const test = last.value?.step === null ? last.value : null;
  return (
    <aside
      class="tst-drawer tst"
      aria-label="Test the workflow"
      onKeyDown={(pressed) => {
        if (pressed.key === "Escape") close();
        else pressed.stopPropagation();
      }}
    >
      <header class="tst-head">
        <h2 ref={head} tabIndex={-1}>
          Test the workflow
        </h2>
        <Button look="quiet" icon="close" label="Close the test" onClick={close} />
      </header>
      <div class="tst-body">
        <EventChooser />
        <TestButtons step={null} />
        <Standing step={null} />
        {!test && testing.value === null && (
          <p class="td-help">No result yet. Test the workflow to see what each step would do with this event.</p>
        )}
        {test && test.outcome !== "" && (
          <p class="tst-row">
            <Badge outcome={test.outcome} /> {sentence(test.outcome, test.steps, test.mode)}
          </p>
        )}
        {test?.message && test.outcome !== "" && <p class="td-help">{test.message}</p>}
        {test && <Steps />}
        {test?.url && (
          <p>
            <a class="td-link" href={test.url}>
              Open the run
            </a>
          </p>
        )}
        {test && (
          <Button look="quiet" size="small" onClick={forget}>
            Clear the results
          </Button>
        )}
        <Cases />
      </div>
    </aside>
  );
}

function Steps() {
  const [shown, show] = useState<string | null>(null);
  const steps = last.value?.steps ?? [];
  return (
    <ol class="tst-steps">
      {steps.map((each) => (
        <li key={each.path}>
          <button
            type="button"
            class="tst-step"
            aria-expanded={shown === each.path}
            onClick={() => {
              show(shown === each.path ? null : each.path);
              selected.value = each.id;
            }}
          >
            <Badge outcome={each.outcome} />
            <span class="tst-name">
              {each.name}
              {each.index !== null && <span class="td-help"> item {each.index + 1}</span>}
            </span>
            <span class="td-help">{brief(each)}</span>
          </button>
          {shown === each.path && (
            <div class="tst-opened">
              <ResultView result={each} />
              {each.id !== "trigger" && (
                <Button
                  size="small"
                  onClick={() => {
                    showTab("test");
                    openStep(each.id);
                  }}
                >
                  Open the step
                </Button>
              )}
            </div>
          )}
        </li>
      ))}
    </ol>
  );
}

function brief(each: Result): string {
  if (each.error) return each.error.message;
  if (each.branch) return `Branch: ${each.branch}`;
  if (each.requests.length) return each.requests.length === 1 ? "1 request" : `${each.requests.length} requests`;
  return each.note ?? "";
}
