/* Choosing the connection of a step or of the trigger, and making one without leaving. */

import { useEffect, useId, useRef } from "preact/hooks";

import { get, pageData } from "../api/client";
import type { Connection, State } from "../api/types";
import { openDialog } from "../app/dialogs";
import { catalog, connections, readOnly, redoLabel } from "../state/store";
import { Button, Icon, announce } from "../ui";
import { NewConnection } from "./NewConnection";
import { choicesOf, lineOf, onlyChoice, standingOf } from "./standing";
import "../logic/controls.css";
import "./connections.css";

export interface ConnectionPickerProps {
  /** The app's key; several where any of them will do. */
  app: string | readonly string[];
  /** The chosen connection's code, "" for none. */
  value: string;
  onChange: (code: string, connection: Connection | null) => void;
  label?: string;
  help?: string;
  /** What the choice of none is called where none is allowed. */
  none?: string;
  error?: string;
  /** What apps are called that the catalog does not list, since they have no step of their own. */
  appNames?: Readonly<Record<string, string>>;
}

/** Show the app's connections; where there is only one, it is chosen by itself. */
export function ConnectionPicker(props: ConnectionPickerProps) {
  const { app, value, onChange, label = "Connection", help, none, error } = props;
  const id = useId();
  const choices = choicesOf(connections.value, app, value);
  const chosen = choices.find((one) => one.code === value) ?? null;
  const frozen = readOnly.value;
  const lost = value !== "" && !chosen;
  useOnlyChoice(none === undefined && value === "" && !frozen ? onlyChoice(choices) : null, String(app), (only) => {
    onChange(only.code, only);
    announce(`${only.name} was chosen, the only connection there is.`);
  });
  useRefreshOnReturn();
  const choose = (code: string) => onChange(code, connections.value.find((one) => one.code === code) ?? null);
  return (
    <div class="cx td-field" data-field="connection">
      <label for={id}>{label}</label>
      <div class="cx-row">
        <select
          id={id}
          class="td-input"
          value={value}
          disabled={frozen}
          aria-invalid={Boolean(error) || lost || undefined}
          aria-describedby={`${id}-about`}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          <option value="">{none ?? (choices.length ? "Choose a connection" : "No connection yet")}</option>
          {lost && <option value={value}>A connection that is gone</option>}
          {choices.map((one) => (
            <option key={one.code} value={one.code}>
              {lineOf(one)}
            </option>
          ))}
        </select>
        {!frozen && <NewButtons app={app} names={props.appNames ?? {}} onMade={(made) => onChange(made.code, made)} />}
      </div>
      <div id={`${id}-about`} class="cx-about">
        {error && <p class="td-error">{error}</p>}
        {lost && <p class="td-error">The connection that was chosen is gone. Choose another one.</p>}
        {help && <p class="td-help">{help}</p>}
        {chosen && <About connection={chosen} />}
      </div>
    </div>
  );
}

function About({ connection }: { connection: Connection }) {
  const standing = standingOf(connection);
  return (
    <>
      <p class="cx-badges">
        <span class={`td-badge td-${standing.look}`}>{standing.text}</span>
        {connection.sandbox && <span class="td-badge td-info">Sandbox</span>}
        {connection.label && !connection.sandbox && <span class="td-badge td-neutral">{connection.label}</span>}
        {connection.url && (
          <a class="td-link" href={connection.url} target="_blank" rel="noopener">
            Open connection <Icon name="external" size={0.875} label="in a new tab" />
          </a>
        )}
      </p>
      {standing.remedy && <p class={standing.look === "danger" ? "td-error" : "td-help"}>{standing.remedy}</p>}
    </>
  );
}

interface NewButtonsProps {
  app: string | readonly string[];
  names: Readonly<Record<string, string>>;
  onMade: (made: Connection) => void;
}

/** One button for each app that a connection can be made to. */
function NewButtons({ app, names, onMade }: NewButtonsProps) {
  const apps = typeof app === "string" ? [app] : app;
  if (!pageData().can.connect) return null;
  return (
    <>
      {apps.map((key) => {
        const name = catalog.value.apps.find((one) => one.key === key)?.name ?? names[key] ?? key;
        const open = () =>
          openDialog((close) => <NewConnection app={key} appName={name} onClose={close} onMade={onMade} />);
        return (
          <Button key={key} icon="add" onClick={open}>
            {apps.length > 1 ? `New ${name} connection` : "New connection"}
          </Button>
        );
      })}
    </>
  );
}

/** Choose once. On the way back by undo nothing is chosen: it would end what can be done again. */
function useOnlyChoice(only: Connection | null, app: string, choose: (only: Connection) => void) {
  const asked = useRef("");
  useEffect(() => {
    if (!only || asked.current === app || redoLabel.peek() !== null) return;
    asked.current = app;
    choose(only);
  }, [only?.code, app]);
}

/** Look again when somebody comes back to this tab, since connections are mended in another. */
function useRefreshOnReturn() {
  useEffect(() => {
    const look = () => void (document.visibilityState === "visible" && refreshConnections().catch(() => undefined));
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
}

/** Ask the server for the connections as they stand now. */
export async function refreshConnections(): Promise<Connection[]> {
  const state = await get<State>("state");
  connections.value = state.connections;
  return state.connections;
}
