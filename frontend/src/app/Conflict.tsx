import { useEffect, useMemo, useState } from "preact/hooks";
import { known } from "../canvas/known";
import { summary } from "../canvas/summary";
import type { Conflict as StepConflict, Side } from "../definition/merge";
import type { Step } from "../definition/types";
import { conflict, joined, takeMerged, takeTheirs, theirChanges } from "../state/saving";
import * as store from "../state/store";
import { Button, Dialog } from "../ui";

/** Asked when somebody else, or another tab, saved in the meantime. Closing it decides nothing. */
export function Conflict() {
  const stale = conflict.value;
  const [put, setPut] = useState<unknown>(null);
  useEffect(() => setPut(null), [stale]);
  return stale && put !== stale ? <Asked key={stale.revision} onClose={() => setPut(stale)} /> : null;
}

function Asked({ onClose }: { onClose: () => void }) {
  const stale = conflict.value;
  const [choices, setChoices] = useState<ReadonlyMap<string, Side>>(new Map());
  const draft = store.ownDraft.value;
  const result = useMemo(() => joined(choices), [choices, draft, stale]);
  if (!stale || !result) return null;
  const changes = theirChanges();
  const who = stale.saved_by || "Somebody";
  return (
    <Dialog
      title="This draft was changed elsewhere"
      size="large"
      onClose={onClose}
      actions={
        <>
          <Button onClick={takeTheirs}>Load theirs</Button>
          <Button look="primary" data-first onClick={() => takeMerged(choices)}>
            Merge
          </Button>
        </>
      }
    >
      <p>
        <strong>{who}</strong> saved this draft after you opened it, perhaps in another tab. Nothing is lost: Merge keeps the changes of both, Load theirs takes the saved
        draft, and Undo then adds yours to it.
      </p>
      {changes.length > 0 && (
        <>
          <h3>What {who} changed</h3>
          <ul class="cf-changes">
            {changes.map((text, index) => (
              <li key={index}>{text}</li>
            ))}
          </ul>
        </>
      )}
      {result.conflicts.length > 0 && (
        <>
          <h3>Changed by both</h3>
          {result.conflicts.map((one) => (
            <Choice
              key={`${one.id} ${one.kind}`}
              conflict={one}
              who={who}
              side={choices.get(one.id) ?? "mine"}
              onChoose={(side) => setChoices(new Map(choices).set(one.id, side))}
            />
          ))}
        </>
      )}
    </Dialog>
  );
}

interface ChoiceProps {
  conflict: StepConflict;
  who: string;
  side: Side;
  onChoose: (side: Side) => void;
}

function Choice({ conflict: one, who, side, onChoose }: ChoiceProps) {
  const about = one.keys.filter((key) => key !== "place").join(", ").replaceAll("_", " ");
  return (
    <fieldset class="cf-choice">
      <legend>
        {one.name}
        {about && <span> ({about})</span>}
      </legend>
      {(["mine", "theirs"] as const).map((each) => (
        <label key={each} class={side === each ? "is-chosen" : ""}>
          <input type="radio" name={`${one.id} ${one.kind}`} checked={side === each} onChange={() => onChoose(each)} />
          <span>
            <strong>{each === "mine" ? "Yours" : `From ${who}`}</strong>
            <Version value={one[each]} conflict={one} side={each} />
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function Version({ value, conflict: one, side }: { value: unknown; conflict: StepConflict; side: Side }) {
  if (one.kind === "moved") return <span>{side === "mine" ? "Where you moved it" : "Where it was moved elsewhere"}</span>;
  if (value === null || value === undefined) return <span>Removed</span>;
  if (typeof value === "string") return <span>{value || "Empty"}</span>;
  const step = value as Step;
  const isStep = one.id !== "trigger";
  const settings = Object.fromEntries(Object.entries(step).filter(([key]) => !one.keys.length || one.keys.includes(key) || (key === "inputs" && isStep)));
  return (
    <>
      {isStep && (
        <span>
          {step.name}: {summary(step, known())}
        </span>
      )}
      <details>
        <summary>Settings</summary>
        <pre class="cf-settings">{JSON.stringify(settings, null, 2)}</pre>
      </details>
    </>
  );
}
