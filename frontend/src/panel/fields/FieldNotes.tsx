/** What stands under a field: its value on the event or what is wrong, help, and warnings. */

import { useEffect } from "preact/hooks";

import { problemsByStep } from "../../state/store";
import { Icon } from "../../ui";
import { useResolved } from "../previews";
import { type FieldSpec, type Filling, isUnfilled, jsonFault, textOf } from "./model";

export interface FieldNotesProps {
  id: string;
  spec: FieldSpec;
  mapping: Filling;
  stepId: string;
  path: string;
  note: string;
  bare: boolean;
  onWrong: (isWrong: boolean) => void;
}

export function FieldNotes({ id, spec, mapping, stepId, path, note, bare, onWrong }: FieldNotesProps) {
  const resolved = useResolved(stepId).fields[path];
  const problems = (problemsByStep.value.get(stepId) ?? []).filter((problem) => problem.field === path);
  const fault = spec.type === "any" || spec.type === "object" || spec.type === "list" ? jsonFault(textOf(mapping)) : "";
  const unfilled = isUnfilled(mapping);
  const error = resolved?.error ?? "";
  // That a required field is not filled is a problem of the draft: told once, and only when it was looked at.
  const shownError = unfilled ? "" : error;
  // What is wrong on this event is wrong in the draft too, mostly: it is told once.
  const told = shownError === "" ? problems : [];
  const isWrong = shownError !== "" || told.length > 0 || fault !== "";
  useEffect(() => onWrong(isWrong), [isWrong]);
  const shows = resolved !== undefined && !unfilled && shownError === "";
  return (
    <div id={id} class="mf-about">
      {fault !== "" && <p class="td-error">{fault}</p>}
      {shownError !== "" && (
        <p class="td-error">
          <Icon name="error" size={0.875} /> {shownError} {resolved?.remedy}
        </p>
      )}
      {told.map((problem) => (
        <p key={problem.code + problem.message} class="td-error">
          {problem.message}
        </p>
      ))}
      {shows && <Value text={resolved.text} isEmpty={resolved.empty} note={resolved.note ?? ""} />}
      {note !== "" && <p class="mf-note">{note}</p>}
      {spec.danger && !unfilled && <p class="td-error">{spec.danger}</p>}
      {!bare && spec.help_text && <p class="td-help">{spec.help_text}</p>}
      {spec.docs_url && (
        <a class="td-link" href={spec.docs_url} target="_blank" rel="noopener noreferrer">
          Documentation <Icon name="external" size={0.875} label="in a new tab" />
        </a>
      )}
    </div>
  );
}

function Value({ text, isEmpty, note }: { text: string; isEmpty: boolean; note: string }) {
  return (
    <p class="mf-value">
      <span class="sr">Value on this event: </span>
      {isEmpty || text === "" ? <i class="pn-faint">empty on this event</i> : <output>{text}</output>}
      {note !== "" && <span class="pn-faint"> · {note}</span>}
    </p>
  );
}
