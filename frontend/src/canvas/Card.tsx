import { Component } from "preact";
import type { StepResult } from "../api/types";
import type { Step } from "../definition/types";
import * as store from "../state/store";
import { Icon, type IconName } from "../ui";
import { spot } from "./acts";
import { CARD, type PlacedCard } from "./layout";
import { describeStep, type Standing } from "./nav";
import { known } from "./known";
import { summary, triggerSummary } from "./summary";
import { shown } from "./words";

export interface CardProps {
  card: PlacedCard;
  position: { at: number; of: number };
  /** Absent for the trigger. */
  standing: Standing | undefined;
  dragged: boolean;
  onMenu: (id: string, x: number, y: number) => void;
}

const OUTCOMES: Record<StepResult["outcome"], { text: string; icon: IconName; look: string }> = {
  succeeded: { text: "Succeeded", icon: "check", look: "success" },
  filtered: { text: "Filtered", icon: "filter", look: "neutral" },
  skipped: { text: "Skipped", icon: "chevronRight", look: "neutral" },
  failed: { text: "Failed", icon: "error", look: "danger" },
  waiting: { text: "Waiting", icon: "delay", look: "info" },
};
const MARKS = { added: "Added", removed: "Removed", changed: "Changed" } as const;

export const rem = (units: number): string => `${units / 16}rem`;

/** A step or the trigger. Drawn anew only when it or its place changed, or a signal that it reads. */
export class Card extends Component<CardProps> {
  override shouldComponentUpdate(next: CardProps, nextState: object): boolean {
    // A signal that the card reads sets a new state: results, problems, marks, the choice.
    if (nextState !== this.state) return true;
    const { card, position, standing, dragged } = this.props;
    const other = next.card;
    return (
      card.step !== other.step ||
      card.x !== other.x ||
      card.y !== other.y ||
      card.off !== other.off ||
      card.number !== other.number ||
      card.inError !== other.inError ||
      position.at !== next.position.at ||
      position.of !== next.position.of ||
      standing?.total !== next.standing?.total ||
      standing?.around !== next.standing?.around ||
      dragged !== next.dragged
    );
  }

  override render({ card, position, standing, dragged, onMenu }: CardProps) {
    const { id, step } = card;
    const problems = store.problemsByStep.value.get(id) ?? [];
    const results = store.results.value[id] ?? [];
    const mark = store.marks.value[id];
    const chosen = store.selected.value === id && store.panelOpen.value;
    const names = [
      "cv-card",
      step ? "" : "is-trigger",
      chosen && "is-chosen",
      card.off && "is-off",
      card.inError && "in-error",
      problems.length > 0 && "has-problems",
      dragged && "is-dragged",
      mark && `is-${mark}`,
    ];
    return (
      <div
        class={names.filter(Boolean).join(" ")}
        style={{ left: rem(card.x), top: rem(card.y), width: rem(CARD.width), height: rem(CARD.height) }}
        role="treeitem"
        aria-level={card.depth + 1}
        aria-posinset={position.at}
        aria-setsize={position.of}
        aria-selected={chosen}
        aria-label={step && standing ? this.label(step, standing) : triggerLabel(problems.length)}
        tabIndex={spot.value === id ? 0 : -1}
        data-spot={id}
      >
        {step ? <StepFace step={step} /> : <TriggerFace />}
        <div class="cv-badges">
          {step?.disabled && <span class="td-badge td-neutral">Disabled</span>}
          {mark && <span class={`td-badge cv-mark-${mark}`}>{MARKS[mark]}</span>}
          {results.length > 0 && <ResultBadge results={results} />}
          {problems.length > 0 && (
            <span class="td-badge td-warning cv-problems" title={problems.map((one) => one.message).join("\n")}>
              <Icon name="warning" size={0.75} />
              {problems.length === 1 ? "1 problem" : `${problems.length} problems`}
            </span>
          )}
        </div>
        {step && !store.readOnly.value && (
          <button
            type="button"
            class="cv-more"
            tabIndex={-1}
            aria-hidden="true"
            title="More (Shift+F10)"
            onClick={(event) => {
              event.stopPropagation();
              const { left, bottom } = event.currentTarget.getBoundingClientRect();
              onMenu(id, left, bottom + 4);
            }}
          >
            <Icon name="more" size={1} />
          </button>
        )}
      </div>
    );
  }

  private label(step: Step, standing: Standing): string {
    return describeStep(step, standing, {
      what: (one) => [shown(one).what, shown(one).does].filter(Boolean).join(", "),
      summary: (one) => summary(one, known()),
      problems: (id) => store.problemsByStep.value.get(id)?.length ?? 0,
      result: (id) => resultText(store.results.value[id] ?? []),
      mark: (id) => MARKS[store.marks.value[id] as keyof typeof MARKS] ?? "",
    });
  }
}

function StepFace({ step }: { step: Step }) {
  const { app, icon, what, does } = shown(step);
  const line = summary(step, known());
  const above = does && does !== step.name ? `${what}, ${does}` : what;
  return (
    <>
      <span class={`cv-logo${app?.logo ? "" : ` cv-kind cv-kind-${step.kind}`}`} aria-hidden="true">
        {app?.logo ? <img src={app.logo} alt="" width="36" height="36" draggable={false} /> : <Icon name={icon} size={1.25} />}
      </span>
      <span class="cv-text">
        <span class="cv-above">{above}</span>
        <strong class="cv-name">{step.name}</strong>
        {line && <span class="cv-summary">{line}</span>}
      </span>
    </>
  );
}

function triggerWords() {
  const trigger = store.definition.value.trigger;
  const found = store.triggerByRef(trigger.trigger);
  return { app: found?.app ?? null, name: found?.trigger.name ?? "Choose a trigger", line: triggerSummary(trigger, known()) };
}

function triggerLabel(problems: number): string {
  const { app, name, line } = triggerWords();
  return ["Trigger", app?.name, name, line, problems > 0 && `${problems} ${problems === 1 ? "problem" : "problems"}`]
    .filter(Boolean)
    .join(", ");
}

function TriggerFace() {
  const { app, name, line } = triggerWords();
  return (
    <>
      <span class={`cv-logo${app?.logo ? "" : " cv-kind cv-kind-trigger"}`} aria-hidden="true">
        {app?.logo ? <img src={app.logo} alt="" width="36" height="36" draggable={false} /> : <Icon name="bolt" size={1.25} />}
      </span>
      <span class="cv-text">
        <span class="cv-above">{app ? `When, ${app.name}` : "When"}</span>
        <strong class="cv-name">{name}</strong>
        {line && <span class="cv-summary">{line}</span>}
      </span>
    </>
  );
}

/** The worst of what a step's runs came to, and how many there were. */
function worst(results: StepResult[]): StepResult | undefined {
  const order: StepResult["outcome"][] = ["failed", "waiting", "filtered", "succeeded", "skipped"];
  return [...results].sort((one, other) => order.indexOf(one.outcome) - order.indexOf(other.outcome))[0];
}

function resultText(results: StepResult[]): string {
  const one = worst(results);
  if (!one) return "";
  const text = OUTCOMES[one.outcome].text;
  return results.length > 1 ? `${text}, ${results.length} items` : text;
}

function ResultBadge({ results }: { results: StepResult[] }) {
  const one = worst(results);
  if (!one) return null;
  const { icon, look } = OUTCOMES[one.outcome];
  return (
    <span class={`td-badge td-${look} cv-result`} title={one.error?.message ?? ""}>
      <Icon name={icon} size={0.75} />
      {resultText(results)}
    </span>
  );
}
