/** A condition as groups of comparisons, with what each comes to on the chosen event. */

import { useRef } from "preact/hooks";

import type { ConditionResult } from "../../api/types";
import type { Condition } from "../../definition/types";
import { catalog, readOnly } from "../../state/store";
import { Button, Icon } from "../../ui";
import { announce } from "../../ui/toasts";
import { useKnownData, useResolved } from "../previews";
import { ComparisonRow } from "./ComparisonRow";
import { describeCondition } from "./describe";
import {
  add,
  at,
  change,
  countLeaves,
  EMPTY_LEAF,
  group,
  groupKind,
  type GroupKind,
  isLeaf,
  isUnfinished,
  members,
  moveInto,
  negate,
  type Place,
  placeText,
  reorder,
  rooted,
  siblings,
  unnegated,
} from "./model";

export interface ConditionEditorProps {
  condition: Condition | null | undefined;
  /** With `onRemove` the last comparison can go; without it an empty one stays. */
  onChange: (condition: Condition) => void;
  onRemove?: () => void;
  stepId: string;
  /** The condition's name in previews: "condition", "run_if", "cases.<id>". */
  part: string;
  label?: string;
  /** Say under it whether the chosen event passes. */
  tells?: boolean;
}

const MOST_LEAVES = 200;
const DEEPEST = 8;

/** What every part of the tree is handed. */
export interface Tree {
  tree: Condition;
  set: (tree: Condition | null) => void;
  stepId: string;
  part: string;
  result: ConditionResult | undefined;
  /** How many groups the server sees less than are shown: a lone comparison is shown in one. */
  isWrapped: boolean;
}

export function ConditionEditor(props: ConditionEditorProps) {
  const { condition, onChange, onRemove, stepId, part, label = "Condition", tells = false } = props;
  const result = useResolved(stepId).conditions[part];
  const given: Condition = condition ?? { all: [EMPTY_LEAF] };
  const tree = rooted(given);
  const set = (next: Condition | null): void => {
    if (next !== null) onChange(next);
    else if (onRemove !== undefined) onRemove();
    else onChange({ all: [EMPTY_LEAF] });
  };
  const names = useKnownData(stepId).byPath;
  const words = describeCondition(given, { operators: catalog.value.operators, nameOf: (path) => names.get(path.join("."))?.label ?? "" });
  return (
    <div class="ce" role="group" aria-label={label}>
      <GroupEditor node={tree} place={[]} depth={0} context={{ tree, set, stepId, part, result, isWrapped: tree !== given }} />
      <Verdict result={result} words={words} tells={tells} isUnfinished={isUnfinished(given)} />
    </div>
  );
}

interface VerdictProps {
  result: ConditionResult | undefined;
  words: string;
  tells: boolean;
  isUnfinished: boolean;
}

function Verdict({ result, words, tells, isUnfinished }: VerdictProps) {
  if (result === undefined) return null;
  if (result.error) {
    return (
      <p class="ce-verdict td-error" role="status">
        <Icon name="error" size={1} /> {result.error}
      </p>
    );
  }
  if (result.result === null || !tells) return null;
  if (isUnfinished) {
    return (
      <p class="ce-verdict pn-faint" role="status">
        Fill the condition.
      </p>
    );
  }
  return (
    <p class={result.result ? "ce-verdict is-true" : "ce-verdict is-false"} role="status" title={words}>
      <Icon name={result.result ? "check" : "close"} size={1} /> {result.result ? "This event passes." : "This event does not pass."}
    </p>
  );
}

interface GroupProps {
  node: Condition;
  place: Place;
  depth: number;
  context: Tree;
}

function GroupEditor({ node, place, depth, context }: GroupProps) {
  const { tree, set } = context;
  const kind = groupKind(node) ?? "all";
  const nodes = members(node);
  const box = useRef<HTMLUListElement>(null);
  const isFull = countLeaves(tree) >= MOST_LEAVES;
  const isNegated = place[place.length - 1] === "not";
  const setKind = (next: GroupKind): void => set(change(tree, place, (found) => group(next, members(found))));
  const focusLast = (): void => {
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(":scope > li:last-child .ti-text")?.focus());
  };
  return (
    <div class={depth === 0 ? "ce-group" : "ce-group is-inner"}>
      <div class="ce-head">
        {isNegated && <span class="ce-not">Not</span>}
        <span class="pn-segments is-small" role="radiogroup" aria-label="How many of them must hold">
          {(["all", "any"] as const).map((each) => (
            <label key={each} class={kind === each ? "is-chosen" : undefined}>
              <input
                type="radio"
                name={`${context.stepId}-${context.part}-${placeText(place)}`}
                checked={kind === each}
                disabled={readOnly.value}
                onChange={() => setKind(each)}
              />
              <span>{each === "all" ? "All of these" : "Any of these"}</span>
            </label>
          ))}
        </span>
        {depth > 0 && !readOnly.value && <NodeActs place={isNegated ? place.slice(0, -1) : place} context={context} what="group" />}
      </div>
      <ul ref={box} class="ce-list">
        {nodes.map((member, index) => {
          const its: Place = [...place, kind, index];
          return (
            <li key={index} class="ce-item" {...dropTarget(its, context)}>
              <Node node={member} place={its} depth={depth} context={context} />
            </li>
          );
        })}
      </ul>
      {!readOnly.value && (
        <div class="ce-add">
          <Button
            size="small"
            look="quiet"
            icon="add"
            disabled={isFull}
            onClick={() => {
              set(add(tree, place, EMPTY_LEAF));
              focusLast();
            }}
          >
            Add a comparison
          </Button>
          {depth < DEEPEST - 2 && (
            <Button
              size="small"
              look="quiet"
              icon="list"
              disabled={isFull}
              onClick={() => {
                set(add(tree, place, group(kind === "all" ? "any" : "all", [EMPTY_LEAF])));
                focusLast();
              }}
            >
              Add a group
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

function Node({ node, place, depth, context }: GroupProps) {
  const { node: inner, negated, inner: step } = unnegated(node);
  const its = [...place, ...step];
  if (groupKind(inner) !== null) return <GroupEditor node={inner} place={its} depth={depth + 1} context={context} />;
  if (!isLeaf(inner)) return <p class="td-error">This part can't be shown here. Remove it, or edit the workflow as JSON.</p>;
  return (
    <ComparisonRow leaf={inner} place={its} negated={negated} context={context}>
      <NodeActs place={place} context={context} what="comparison" />
    </ComparisonRow>
  );
}

/** Not, up, down, remove; the handle drags. */
function NodeActs({ place, context, what }: { place: Place; context: Tree; what: string }) {
  const { tree, set } = context;
  const found = siblings(tree, place);
  if (readOnly.value || found === null) return null;
  const { parent, index, count } = found;
  const move = (to: number): void => {
    set(reorder(tree, parent, index, to));
    announce(`Moved to ${to + 1} of ${count}`);
  };
  const node = at(tree, place);
  const isNegated = node !== null && "not" in node;
  return (
    <span class="ce-acts">
      <Button look="quiet" size="small" label={isNegated ? "Take “not” away" : `Turn the ${what} into its opposite`} onClick={() => set(negate(tree, place))}>
        Not
      </Button>
      {count > 1 && (
        <>
          <span
            class="ce-drag"
            draggable
            aria-hidden="true"
            title="Drag to another place"
            onDragStart={(event) => {
              event.dataTransfer?.setData(DRAG_TYPE, JSON.stringify({ part: context.part, place }));
              if (event.dataTransfer !== null) event.dataTransfer.effectAllowed = "move";
            }}
          >
            <Icon name="drag" size={1} />
          </span>
          <Button look="quiet" size="small" icon="up" label={`Move the ${what} up`} disabled={index === 0} onClick={() => move(index - 1)} />
          <Button look="quiet" size="small" icon="down" label={`Move the ${what} down`} disabled={index === count - 1} onClick={() => move(index + 1)} />
        </>
      )}
      <Button look="quiet" size="small" icon="trash" label={`Remove the ${what}`} onClick={() => set(change(tree, place, () => null))} />
    </span>
  );
}

const DRAG_TYPE = "application/x-tandem-condition";

/** Take a dragged comparison: before this one in the same group, else at the end of this one's group. */
function dropTarget(place: Place, context: Tree) {
  return {
    onDragOver: (event: DragEvent) => {
      if (readOnly.value || !event.dataTransfer?.types.includes(DRAG_TYPE)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    onDrop: (event: DragEvent) => {
      const text = event.dataTransfer?.getData(DRAG_TYPE) ?? "";
      if (text === "") return;
      event.preventDefault();
      event.stopPropagation();
      const dragged = JSON.parse(text) as { part: string; place: Place };
      if (dragged.part !== context.part) return;
      const from = siblings(context.tree, dragged.place);
      const to = siblings(context.tree, place);
      if (from === null || to === null) return;
      const isSameGroup = placeText(from.parent) === placeText(to.parent);
      context.set(
        isSameGroup
          ? reorder(context.tree, from.parent, from.index, to.index)
          : moveInto(context.tree, dragged.place, to.parent),
      );
    },
  };
}
