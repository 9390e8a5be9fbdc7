import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, pageData, post } from "../api/client";
import { editWorkflowNotes, redo, undo } from "../canvas/acts";
import { conflict, saveNow } from "../state/saving";
import * as store from "../state/store";
import { Button, Icon, toast } from "../ui";
import { Slot } from "./Slot";

/** Above the canvas: what it is, whether it is saved, and what can be done with it. */
export function Toolbar() {
  const notes = store.definition.value.notes.trim() !== "";
  return (
    <div class="ed-bar" role="toolbar" aria-label="Workflow">
      <div class="ed-bar-what">
        <Name />
        <Status />
        <SaveState />
      </div>
      <div class="ed-bar-acts">
        {!store.readOnly.value && (
          <>
            <Button look="quiet" icon="undo" label={store.undoLabel.value ? `Undo: ${store.undoLabel.value} (Ctrl+Z)` : "Nothing to undo"} aria-disabled={!store.undoLabel.value} onClick={undo} />
            <Button look="quiet" icon="redo" label={store.redoLabel.value ? `Redo: ${store.redoLabel.value} (Ctrl+Y)` : "Nothing to redo"} aria-disabled={!store.redoLabel.value} onClick={redo} />
          </>
        )}
        <Button look="quiet" icon="note" class={notes ? "has-dot" : ""} label={notes ? "Notes on the workflow" : "Write notes on the workflow"} onClick={editWorkflowNotes} />
        <Slot name="toolbar" />
        <Slot name="history" />
        <Slot name="test" />
        <Slot name="publish" />
      </div>
    </div>
  );
}

function Name() {
  const [editing, setEditing] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const name = store.workflowName.value;
  useEffect(() => {
    if (editing) field.current?.select();
  }, [editing]);
  const rename = async (text: string) => {
    setEditing(false);
    const next = text.trim();
    if (!next || next === name) return;
    store.workflowName.value = next;
    try {
      await post("rename", { name: next });
      document.querySelectorAll("[data-workflow-name]").forEach((one) => (one.textContent = next));
      document.title = document.title.replace(name, next);
    } catch (error) {
      store.workflowName.value = name;
      toast(error instanceof ApiError ? `${error.message} ${error.remedy}` : "The name was not saved.", { look: "error" });
    }
  };
  if (editing) {
    return (
      <input
        ref={field}
        class="input ed-name-input"
        aria-label="Name of the workflow"
        maxLength={120}
        defaultValue={name}
        onBlur={(event) => void rename(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") {
            event.currentTarget.value = name;
            event.currentTarget.blur();
          }
        }}
      />
    );
  }
  return (
    <h1 class="ed-name">
      {pageData().can.edit ? (
        <button type="button" class="ed-name-button" title="Rename" onClick={() => setEditing(true)}>
          <span>{name}</span>
          <Icon name="edit" size={0.875} />
        </button>
      ) : (
        name
      )}
    </h1>
  );
}

const LOOKS: Record<string, string> = { published: "success", draft: "neutral", paused: "warning", archived: "neutral" };

function Status() {
  const status = store.workflowStatus.value;
  const live = store.live.value;
  const text = status.charAt(0).toUpperCase() + status.slice(1);
  return (
    <span class={`td-badge td-${LOOKS[status] ?? "neutral"}`} title={live ? `Version ${live.number}, published by ${live.published_by}` : undefined}>
      {live ? `${text}, version ${live.number}` : text}
    </span>
  );
}

function SaveState() {
  const now = store.saving.value;
  // While a version is looked at the draft waits; where it is not saved, that is what matters.
  if (store.readOnly.value && !(store.ownDraft.value && now.state !== "saved")) return <span class="ed-saving">Read only</span>;
  const words = (text: string, look = "") => (
    <span class={`ed-saving ${look}`} role="status">
      {text}
    </span>
  );
  switch (now.state) {
    case "saved":
      return words("Saved", "is-saved");
    case "dirty":
    case "saving":
      return words("Saving…");
    case "offline":
      return words("Offline, not saved yet", "is-wrong");
    case "failed":
      return (
        <span class="ed-saving is-wrong" role="status" title={now.remedy}>
          Not saved: {now.reason}{" "}
          {now.signedOut && (
            <a class="btn btn-plain btn-small" href={pageData().urls.overview} target="_blank" rel="noopener">
              Sign in
            </a>
          )}{" "}
          <Button size="small" onClick={() => void saveNow()}>
            Try again
          </Button>
        </span>
      );
    case "conflict":
      return (
        <span class="ed-saving is-wrong" role="status">
          Not saved: changed elsewhere{" "}
          <Button size="small" onClick={() => (conflict.value = conflict.value && { ...conflict.value })}>
            Decide
          </Button>
        </span>
      );
  }
}
