/** One comparison: what is compared, how, with what, and what it comes to on the chosen event. */

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

import type { ConditionLeafResult, Money } from "../../api/types";
import type { Json, Leaf, Mapping } from "../../definition/types";
import { catalog, readOnly } from "../../state/store";
import { Icon } from "../../ui";
import { textOf } from "../fields/model";
import { amountPath, amountWarning, comparesAmounts, moneyText, unitHint } from "../money";
import { TemplateInput } from "../pills/TemplateInput";
import { formatPath, tokenize } from "../pills/template";
import { useKnownData } from "../previews";
import { type Offer, shown } from "../tree/model";
import type { Tree } from "./ConditionEditor";
import { change, isUnfinished, operatorsFor, type Place, placeText, readRight, takesCase, withOperator } from "./model";

export interface ComparisonRowProps {
  leaf: Leaf;
  place: Place;
  negated: boolean;
  context: Tree;
  children: ComponentChildren;
}

export function ComparisonRow({ leaf, place, negated, context, children }: ComparisonRowProps) {
  const { tree, set, stepId, result } = context;
  const type = useTypeOf(leaf.left, stepId);
  const amount = useAmount(leaf.left, stepId);
  const operators = catalog.value.operators;
  const operator = operators.find((each) => each.op === leaf.op);
  const hasRight = operator === undefined ? leaf.right !== undefined && leaf.right !== null : operator.right;
  const { fitting, others } = operatorsFor(type, operators);
  const update = (next: Leaf): void => set(change(tree, place, () => next));
  const right = useRightText(leaf.right ?? null);
  const verdict = verdictOf(result?.leaves ?? [], context.isWrapped ? place.slice(2) : place);
  return (
    <div class="ce-row">
      <div class="ce-line">
        {negated && <span class="ce-not">Not</span>}
        <TemplateInput
          value={textOf(leaf.left)}
          onChange={(source) => update({ ...leaf, left: leftOf(source) })}
          stepId={stepId}
          label="What is compared"
          placeholder="Type {{ or pick data"
        />
        <select
          class="td-input ce-op"
          aria-label="How it is compared"
          value={leaf.op}
          disabled={readOnly.value}
          onChange={(event) => update(withOperator(leaf, event.currentTarget.value, operators))}
        >
          {operator === undefined && <option value={leaf.op}>{leaf.op}</option>}
          {fitting.map((each) => (
            <option key={each.op} value={each.op}>
              {each.label}
            </option>
          ))}
          {others.length > 0 && (
            <optgroup label="Made for other types">
              {others.map((each) => (
                <option key={each.op} value={each.op}>
                  {each.label}
                </option>
              ))}
            </optgroup>
          )}
        </select>
        {hasRight && (
          <TemplateInput
            value={right.text}
            onChange={(source) => {
              const mapping = readRight(source, type);
              right.typed(source, mapping);
              update({ ...leaf, right: mapping });
            }}
            stepId={stepId}
            label="What it is compared with"
            placeholder={leaf.op === "in_list" || leaf.op === "not_in_list" ? "Values, with commas between" : "Value"}
          />
        )}
      </div>
      {amount !== null && hasRight && comparesAmounts(leaf.op) && <AmountNotes leaf={leaf} amount={amount} />}
      <div class="ce-foot">
        <LeafVerdict
          verdict={isUnfinished(leaf) ? null : verdict}
          hasRight={hasRight}
          money={amount !== null && (!hasRight || comparesAmounts(leaf.op)) ? amount.money : null}
        />
        {hasRight && takesCase(leaf.op) && (type === "any" || /text|email|url|choice/.test(type)) && (
          <label class="ce-case">
            <input
              type="checkbox"
              checked={leaf.ignore_case === true}
              disabled={readOnly.value}
              onChange={(event) => {
                const { ignore_case: _before, ...rest } = leaf;
                update(event.currentTarget.checked ? { ...rest, ignore_case: true } : rest);
              }}
            />
            Ignore capitals
          </label>
        )}
        {children}
      </div>
    </div>
  );
}

interface AmountOffer extends Offer {
  money: Money;
}

/** The amount in minor units that the left side is; null where it is something else. */
function useAmount(left: Mapping, stepId: string): AmountOffer | null {
  const { byPath } = useKnownData(stepId);
  const path = amountPath(left);
  const offer = path === null ? undefined : byPath.get(formatPath(path));
  return offer !== undefined && offer.money !== null ? { ...offer, money: offer.money } : null;
}

/** That 5000 is 50.00, and that 50 is 0.50. */
function AmountNotes({ leaf, amount }: { leaf: Leaf; amount: AmountOffer }) {
  const warning = amountWarning(leaf.op, leaf.right, amount.money);
  return (
    <>
      <p class="ce-hint td-help">{unitHint(amount.money, !amount.known)}</p>
      <p class={warning === "" ? "sr" : "ce-hint ce-warning"} role="status">
        {warning !== "" && <Icon name="warning" size={0.875} />} {warning}
      </p>
    </>
  );
}

function leftOf(source: string): Mapping {
  return source.includes("{{") || source.includes("{%") || source === "" ? { template: source } : { value: source };
}

/** The declared type of the left side, where it is one pill; filters may change it. */
function useTypeOf(left: Mapping, stepId: string): string {
  const { byPath } = useKnownData(stepId);
  if (!("template" in left)) return "any";
  const [only, second] = tokenize(left.template.trim());
  if (only?.kind !== "pill" || second !== undefined) return "text";
  const last = only.pill.filters.at(-1);
  if (last === undefined) return byPath.get(formatPath(only.pill.path))?.type ?? "any";
  return RESULTS[last.name] ?? "any";
}

const RESULTS: Record<string, string> = {
  size: "number",
  sum: "number",
  plus: "number",
  minus: "number",
  times: "number",
  divided_by: "number",
  round: "number",
  unix: "time",
  downcase: "text",
  upcase: "text",
  money: "text",
  date: "text",
  join: "text",
};

/** The right side as it was typed, though “50.0” is read as 50. */
function useRightText(right: Mapping | null): { text: string; typed: (text: string, mapping: Mapping) => void } {
  const kept = useRef({ mapping: "", text: "" });
  const now = JSON.stringify(right);
  const text = kept.current.mapping === now ? kept.current.text : listText(right);
  return {
    text,
    typed: (typed, mapping) => {
      kept.current = { mapping: JSON.stringify(mapping), text: typed };
    },
  };
}

function listText(mapping: Mapping | null): string {
  if (mapping !== null && "value" in mapping && Array.isArray(mapping.value)) {
    return mapping.value.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join(", ");
  }
  return textOf(mapping);
}

function verdictOf(leaves: ConditionLeafResult[], place: Place): ConditionLeafResult | null {
  const wanted = placeText(place);
  return leaves.find((leaf) => pathText(leaf.path) === wanted) ?? null;
}

function pathText(path: ConditionLeafResult["path"] | string): string {
  return typeof path === "string" ? path : path.join(".");
}

interface LeafVerdictProps {
  verdict: ConditionLeafResult | null;
  hasRight: boolean;
  /** The currency of both sides, where amounts in minor units are compared. */
  money: Money | null;
}

function LeafVerdict({ verdict, hasRight, money }: LeafVerdictProps) {
  if (verdict === null) return <span class="ce-leaf" />;
  const value = (each: Json): string => {
    if (each === null || each === "") return "nothing";
    const text = moneyText(each, money);
    return text === "" ? shown(each, 40) : `${shown(each, 40)} (${text})`;
  };
  return (
    <span class={verdict.result ? "ce-leaf is-true" : "ce-leaf is-false"}>
      <Icon name={verdict.result ? "check" : "close"} size={0.875} label={verdict.result ? "Holds" : "Does not hold"} />{" "}
      {value(verdict.left)}
      {hasRight && ` · ${value(verdict.right)}`}
      {verdict.note !== "" && ` (${verdict.note})`}
    </span>
  );
}
