/* Every version: who published it, when, and what it changed; to be opened, compared, and made the draft again. */

import { useEffect, useState } from "preact/hooks";

import { ApiError, get, post } from "../api/client";
import type { Definition } from "../definition/types";
import { adopt, saveNow } from "../state";
import { live, readOnly, revision } from "../state/store";
import { Button, Dialog, toast } from "../ui";
import { Changes } from "./Changes";
import { moment } from "./times";
import type { Restored, Versions } from "./types";
import { leave, viewCompared, viewing, viewVersion, type StateName } from "./viewing";

export function History({ onClose }: { onClose: () => void }) {
  const [found, setFound] = useState<Versions | null>(null);
  const [older, setOlder] = useState(true);
  const [why, setWhy] = useState("");
  const [chosen, setChosen] = useState<StateName[]>([]);

  const load = async (before?: number) => {
    try {
      const answer = await get<Versions>("versions", { before });
      setOlder(answer.versions.length === PAGE);
      setFound((now) => (now && before ? { ...now, versions: [...now.versions, ...answer.versions] } : answer));
    } catch (error) {
      setWhy(told(error));
    }
  };
  useEffect(() => void load(), []);

  const attempt = async (act: () => Promise<void>) => {
    setWhy("");
    try {
      await act();
      onClose();
    } catch (error) {
      setWhy(told(error));
    }
  };
  const open = (number: number) =>
    attempt(async () => {
      const { definition } = await get<{ definition: Definition }>(`versions/${number}`);
      viewVersion(number, definition);
    });
  const toggle = (state: StateName) =>
    setChosen((now) => (now.includes(state) ? now.filter((one) => one !== state) : [...now.slice(-1), state]));
  const pair = [...chosen].sort((a, b) => order(a) - order(b));

  return (
    <Dialog
      title="History"
      size="large"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button
            look="primary"
            disabled={pair.length !== 2}
            onClick={() => void attempt(() => viewCompared(pair[0]!, pair[1]!))}
          >
            {pair.length === 2 ? "Compare these two" : "Choose two to compare"}
          </Button>
        </>
      }
    >
      {why && (
        <p class="td-note td-note-danger" role="alert">
          {why}
        </p>
      )}
      {!found && !why && <p class="td-help">Loading…</p>}
      {found && (
        <ol class="vr-list">
          <li class="vr-version">
            <Choose state="draft" name="the draft" chosen={chosen} onToggle={toggle} />
            <div class="vr-version-body">
              <h3>Draft</h3>
              <p class="td-help">
                Saved {moment(found.draft.saved_at)}
                {found.draft.saved_by && ` by ${found.draft.saved_by}`}
              </p>
              {live.value && <Changes changes={found.draft.changes} none="Equal to what is live." />}
            </div>
          </li>
          {found.versions.map((version) => (
            <li key={version.number} class="vr-version">
              <Choose state={version.number} name={`version ${version.number}`} chosen={chosen} onToggle={toggle} />
              <div class="vr-version-body">
                <h3>
                  Version {version.number} {version.live && <span class="vr-live">Live</span>}
                </h3>
                <p class="td-help">
                  Published {moment(version.published_at)}
                  {version.published_by && ` by ${version.published_by}`}
                </p>
                {version.note && <p>{version.note}</p>}
                {version.number > 1 && <Changes changes={version.changes} none="Nothing changed." />}
              </div>
              <div class="vr-acts">
                <Button size="small" onClick={() => void open(version.number)}>
                  Open
                </Button>
                {!readOnly.value && (
                  <Button size="small" onClick={() => void attempt(() => restore(version.number))}>
                    Make it the draft
                  </Button>
                )}
              </div>
            </li>
          ))}
        </ol>
      )}
      {found && !found.versions.length && <p class="td-help">Nothing has been published yet. Each Publish makes a version that never changes.</p>}
      {found && older && found.versions.length > 0 && (
        <Button size="small" onClick={() => void load(found.versions.at(-1)?.number)}>
          Show older versions
        </Button>
      )}
    </Dialog>
  );
}

export const UNSAVED = "The draft could not be saved, so it was left as it is: see the message beside its name.";

/** Versions in one answer. */
const PAGE = 20;

interface ChooseProps {
  state: StateName;
  name: string;
  chosen: readonly StateName[];
  onToggle: (state: StateName) => void;
}

function Choose({ state, name, chosen, onToggle }: ChooseProps) {
  return (
    <input
      type="checkbox"
      aria-label={`Compare ${name}`}
      checked={chosen.includes(state)}
      onChange={() => onToggle(state)}
    />
  );
}

let restoring = false;

/** Make a version the draft; what the draft was is one undo away. Until the server answers nothing can be edited. */
export async function restore(number: number): Promise<void> {
  if (restoring) return;
  restoring = true;
  try {
    if (!(await saveNow())) throw new ApiError(0, { message: UNSAVED });
    const [was, waits] = [readOnly.value, viewing.value];
    readOnly.value = true;
    let saved: Restored;
    try {
      saved = await post<Restored>(`versions/${number}/restore`, { revision: revision.value });
    } finally {
      if (viewing.value === waits) readOnly.value = was;
    }
    leave();
    adopt(`Make version ${number} the draft`, saved.draft, saved);
  } finally {
    restoring = false;
  }
  toast(`The draft is version ${number} again. Undo brings back what it was; what is live has not changed.`, {
    look: "success",
  });
}

/** The older state first; the draft is the newest. */
const order = (state: StateName): number => (typeof state === "number" ? state : Number.MAX_SAFE_INTEGER);

export const told = (error: unknown): string =>
  error instanceof ApiError ? `${error.message} ${error.remedy}`.trim() : "Something went wrong on this page. Reload it.";
