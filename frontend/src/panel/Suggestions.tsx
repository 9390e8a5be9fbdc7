/** “Map for me”: what the empty fields could be filled with, seen before it is done. */

import { useState } from "preact/hooks";

import { ApiError, post } from "../api/client";
import type { SuggestAnswer } from "../api/types";
import { replaceStep } from "../definition/edit";
import type { ActionStep } from "../definition/types";
import { edit } from "../state/store";
import { Button } from "../ui";
import { announce } from "../ui/toasts";
import { withInput } from "./changing";
import { mappingWords } from "./conditions/describe";
import type { ActionDeclaration } from "./declarations";
import { isUnfilled } from "./fields/model";
import { nameOf } from "./pills/labels";
import { previewRequest, useKnownData } from "./previews";

export function MapForMe({ step, spec }: { step: ActionStep; spec: ActionDeclaration }) {
  const [found, setFound] = useState<SuggestAnswer | null>(null);
  const [taken, setTaken] = useState<ReadonlySet<string>>(() => new Set());
  const [told, setTold] = useState("");
  const { byPath } = useKnownData(step.id);
  const ask = async (): Promise<void> => {
    setTold("Looking…");
    try {
      const answer = await post<SuggestAnswer>("suggest", previewRequest(step.id));
      const keys = Object.keys(answer.inputs).filter((key) => isUnfilled(step.inputs[key]));
      setTaken(new Set(keys));
      setFound(keys.length > 0 ? answer : null);
      setTold(keys.length > 0 ? "" : "Nothing fits surely. Fill the fields by hand.");
    } catch (error) {
      setTold(error instanceof ApiError ? `${error.message} ${error.remedy}` : "It did not work. Try again.");
    }
  };
  const apply = (): void => {
    if (found === null) return;
    edit("Map for me", (draft) =>
      replaceStep(draft, step.id, (current) => {
        if (current.kind !== "action") return current;
        return [...taken].reduce((next, key) => withInput(next, key, found.inputs[key] ?? null), current);
      }),
    );
    announce(taken.size === 1 ? "One field was filled." : `${taken.size} fields were filled.`);
    setFound(null);
  };
  if (found === null) {
    return (
      <div class="pn-suggest">
        <Button icon="wand" size="small" onClick={() => void ask()}>
          Map for me
        </Button>
        <span class="pn-faint" role="status">
          {told}
        </span>
      </div>
    );
  }
  const keys = Object.keys(found.inputs).filter((key) => isUnfilled(step.inputs[key]));
  return (
    <section class="pn-suggestions" aria-label="Suggested values">
      <h3>These fields can be filled</h3>
      <ul>
        {keys.map((key) => (
          <li key={key}>
            <label>
              <input
                type="checkbox"
                checked={taken.has(key)}
                onChange={(event) => {
                  const next = new Set(taken);
                  if (event.currentTarget.checked) next.add(key);
                  else next.delete(key);
                  setTaken(next);
                }}
              />
              <span>
                <strong>{spec.inputs.find((field) => field.key === key)?.label ?? key}</strong>{" "}
                {mappingWords(found.inputs[key], { nameOf: (path) => spoken(nameOf(path, byPath)) })}
                {found.notes[key] && <span class="td-help"> {found.notes[key]}</span>}
              </span>
            </label>
          </li>
        ))}
      </ul>
      <div class="pn-inline">
        <Button look="primary" size="small" disabled={taken.size === 0} onClick={apply}>
          Fill {taken.size === 1 ? "one field" : `${taken.size} fields`}
        </Button>
        <Button size="small" look="quiet" onClick={() => setFound(null)}>
          Leave it
        </Button>
      </div>
    </section>
  );
}

function spoken(name: { label: string; group: string }): string {
  return name.group === "" ? name.label : `${name.label} (${name.group})`;
}
