/* Filter and If: one condition, and what it decides. */

import type { ConditionResult } from "../../api/types";
import type { FilterStep, IfStep } from "../../definition/types";
import { locate } from "../../definition/walk";
import { definition } from "../../state/store";
import { ConditionField } from "../fields";
import type { FormProps } from "../forms";
import { Section } from "../parts";
import { isUnfinished } from "../../panel/conditions/model";
import { useResolved } from "../../panel/previews";

export function FilterForm({ step, onChange }: FormProps<"filter">) {
  const inLoop = locate(definition.value, step.id)?.ancestors.some(({ kind }) => kind === "for_each") ?? false;
  const ends = inLoop ? "this item ends here as filtered; the other items go on" : "the run ends here as filtered, which is no failure";
  return (
    <Section title="Go on only if" at="condition" help={`Where it does not hold, ${ends}.`}>
      <Result step={step} yes="The chosen event goes on" no={inLoop ? "The chosen event's item ends here" : "The chosen event ends here"} />
      <ConditionField
        stepId={step.id}
        part="condition"
        condition={step.condition}
        onChange={(condition) => onChange({ ...step, condition }, `${step.id}.condition`)}
      />
    </Section>
  );
}

export function IfForm({ step, onChange }: FormProps<"if">) {
  return (
    <Section title="If this holds" at="condition" help="The run takes the branch “Yes” where it holds, else the branch “No”. Behind both it goes on.">
      <Result step={step} yes="The chosen event takes “Yes”" no="The chosen event takes “No”" />
      <ConditionField
        stepId={step.id}
        part="condition"
        condition={step.condition}
        onChange={(condition) => onChange({ ...step, condition }, `${step.id}.condition`)}
      />
    </Section>
  );
}

function Result({ step, yes, no }: { step: FilterStep | IfStep; yes: string; no: string }) {
  const { conditions } = useResolved(step.id);
  const words = isUnfinished(step.condition) ? null : said(conditions["condition"], yes, no);
  return (
    <p class="lg-verdict" role="status">
      {words && <span class={`td-badge td-${words.look}`}>{words.text}</span>}
    </p>
  );
}

function said(result: ConditionResult | undefined, yes: string, no: string) {
  if (!result) return null;
  if (result.error) return { text: "It can't be decided on the chosen event", look: "danger" };
  if (result.result === null) return null;
  return result.result ? { text: yes, look: "success" } : { text: no, look: "neutral" };
}
