/* Testing the whole workflow: a drawer beside the canvas, so that results are seen on its cards. */

import { useEffect, useRef } from "preact/hooks";
import { openStep } from "../state/store";
import { Button, Icon } from "../ui";
import { Cases } from "./Cases";
import { EventChooser } from "./EventChooser";
import { sentence } from "./outcome";
import { Badge } from "./ResultView";
import { Standing, TestButtons } from "./Running";
import { forget, last, open, testing } from "./state";

export function TestButton() {
  return (
    <Button icon="play" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
      Test
    </Button>
  );
}

export function TestDrawer() {
  const head = useRef<HTMLHeadingElement>(null);
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
        if (pressed.key === "Escape") open.value = false;
        else pressed.stopPropagation();
      }}
    >
      <header class="tst-head">
        <h2 ref={head} tabIndex={-1}>
          Test the workflow
        </h2>
        <Button look="quiet" icon="close" label="Close the test" onClick={() => (open.value = false)} />
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
            <Badge outcome={test.outcome} /> {sentence(test.outcome, test.steps)}
          </p>
        )}
        {test?.message && test.outcome !== "" && <p class="td-help">{test.message}</p>}
        {test && <Steps />}
        {test?.url && (
          <p>
            <a href={test.url}>
              Open the run <Icon name="external" size={0.875} />
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
  const steps = last.value?.steps ?? [];
  return (
    <ol class="tst-steps">
      {steps.map((each) => (
        <li key={each.path}>
          <button type="button" class="tst-step" onClick={() => openStep(each.id)}>
            <Badge outcome={each.outcome} />
            <span class="tst-name">
              {each.name}
              {each.index !== null && <span class="td-help"> item {each.index + 1}</span>}
            </span>
            <span class="td-help">{brief(each)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function brief(each: { branch: string; requests: unknown[]; error: { message: string } | null; note?: string }): string {
  if (each.error) return each.error.message;
  if (each.branch) return `Branch: ${each.branch}`;
  if (each.requests.length) return each.requests.length === 1 ? "1 request" : `${each.requests.length} requests`;
  return each.note ?? "";
}
