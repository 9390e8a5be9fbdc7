import { render } from "preact";
import { ApiError, get, pageData } from "./api/client";
import type { Catalog, State } from "./api/types";
import { App } from "./app";
import "./app/editor.css";
import { begin, watch } from "./state/saving";
import * as store from "./state/store";

// Every folder with an index registers what it has when it is loaded.
import.meta.glob("./{panel,logic,code,connections,testing,versions}/index.ts", { eager: true });

async function start(): Promise<void> {
  const root = document.getElementById("editor");
  if (!root) return;
  const page = pageData();
  store.readOnly.value = !page.can.edit;
  store.workflowName.value = page.workflow.name;
  store.workflowStatus.value = page.workflow.status;
  try {
    const [state, catalog] = await Promise.all([get<State>("state"), get<Catalog>("catalog")]);
    store.catalog.value = catalog;
    begin(state);
  } catch (error) {
    failed(root, error);
    return;
  }
  watch(page.workflow.code);
  // A new workflow begins with what starts it.
  if (!store.readOnly.value && store.definition.value.trigger.trigger === "") store.openStep("trigger");
  root.replaceChildren();
  render(<App />, root);
}

function failed(root: HTMLElement, error: unknown): void {
  const known = error instanceof ApiError;
  render(
    <div class="ed-failed" role="alert">
      <h1>The editor could not be opened</h1>
      <p>{known ? `${error.message} ${error.remedy}` : "Something unexpected happened."}</p>
      <p>
        <button type="button" class="btn btn-primary" onClick={() => location.reload()}>
          Try again
        </button>
      </p>
    </div>,
    root,
  );
  if (!known) throw error;
}

void start();
