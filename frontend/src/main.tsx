import { render } from "preact";
import { get } from "./api/client";
import { pageData } from "./api/client";
import type { Catalog, State } from "./api/types";
import { App } from "./app";
import "./app/editor.css";
import * as store from "./state/store";

// Every folder with an index registers what it has when it is loaded.
import.meta.glob("./{panel,logic,code,connections,testing,versions}/index.ts", { eager: true });

async function start(): Promise<void> {
  const page = pageData();
  store.readOnly.value = !page.can.edit;
  store.workflowName.value = page.workflow.name;
  store.workflowStatus.value = page.workflow.status;
  const [state, catalog] = await Promise.all([get<State>("state"), get<Catalog>("catalog")]);
  store.catalog.value = catalog;
  store.definition.value = state.draft;
  store.revision.value = state.revision;
  store.problems.value = state.problems;
  store.connections.value = state.connections;
  store.members.value = state.members;
  store.live.value = state.workflow.live;
  const root = document.getElementById("editor");
  if (root) render(<App />, root);
}

void start();
