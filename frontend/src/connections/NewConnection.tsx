/* The dialog that makes a connection: keys, a sandbox, or an authorisation in another window. */

import { useEffect, useId, useRef, useState } from "preact/hooks";

import { ApiError, get, post } from "../api/client";
import type { Connection, Field, NewConnectionForm } from "../api/types";
import { connections } from "../state/store";
import { Button, Dialog, Icon, toast } from "../ui";
import { refreshConnections } from "./ConnectionPicker";
import { madeSince, poll } from "./awaiting";

/** How often the server is asked whether an authorisation has come to an end, in milliseconds. */
const ASK_EVERY = 2000;

interface Props {
  app: string;
  appName: string;
  onClose: () => void;
  onMade: (made: Connection) => void;
}

interface Made {
  connection: Connection;
  /** What the first try of its keys said. */
  message?: string;
}

interface Refusal {
  field: string;
  message: string;
}

export function NewConnection({ app, appName, onClose, onMade }: Props) {
  const [form, setForm] = useState<NewConnectionForm | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const [waiting, setWaiting] = useState(false);
  const id = useId();
  useEffect(() => {
    const stop = new AbortController();
    get<NewConnectionForm>("connections/new", { app }, stop.signal).then(setForm, (error: unknown) => {
      if (!stop.signal.aborted) setRefusal(refusalOf(error));
    });
    return () => stop.abort();
  }, [app]);

  const closed = useRef(false);
  useEffect(() => () => void (closed.current = true), []);
  const finish = (made: Connection, message = "") => {
    if (!connections.value.some((one) => one.code === made.code)) connections.value = [...connections.value, made];
    // Who cancelled meanwhile wants nothing chosen; what was made stays, and is told.
    if (closed.current) {
      toast(`“${made.name}” was made before you cancelled. It can be chosen like any other.`);
      return;
    }
    if (made.status === "connected") toast(`“${made.name}” is ready and chosen.`, { look: "success" });
    else toast(`“${made.name}” is chosen, but it does not work yet. ${message}`.trim(), { look: "error" });
    onClose();
    onMade(made);
  };
  useAuthorised(app, waiting, finish);

  const make = async (body: Record<string, unknown>) => {
    setBusy(true);
    setRefusal(null);
    try {
      const { connection, message } = await post<Made>("connections", { app, ...body });
      finish(connection, message);
    } catch (error) {
      setRefusal(refusalOf(error));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const entered = new FormData(event.currentTarget as HTMLFormElement);
    const values = Object.fromEntries(
      (form?.fields ?? []).map(({ key }) => [key, String(entered.get(`auth_${key}`) ?? "")]),
    );
    const text = (key: string) => String(entered.get(key) ?? "");
    void make({ name: text("name"), values, base_url: text("base_url"), sandbox: false });
  };
  const known = new Set(["name", "base_url", ...(form?.fields ?? []).map(({ key }) => key)]);
  const errorAt = (key: string) => (refusal?.field === key ? refusal.message : "");

  return (
    <Dialog
      title={`New ${appName} connection`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={id} disabled={!form || busy}>
            {busy ? "Connecting…" : "Connect"}
          </Button>
        </>
      }
    >
      {refusal && !known.has(refusal.field) && (
        <p class="td-note td-note-danger" role="alert">
          {refusal.message}
        </p>
      )}
      {!form && !refusal && <p class="td-help">Loading…</p>}
      {form && (
        <>
          {form.sandbox && <SandboxOffer appName={appName} busy={busy} onUse={() => void make(sandboxOf(appName))} />}
          {form.oauth?.available && form.oauth.url && (
            <Authorise appName={appName} url={form.oauth.url} waiting={waiting} onOpen={() => setWaiting(true)} />
          )}
          <form id={id} class="cx-form" onSubmit={submit} noValidate>
            <p class="td-help">
              {form.help}{" "}
              {form.docs_url && (
                <a class="td-link" href={form.docs_url} target="_blank" rel="noopener">
                  {appName}’s documentation <Icon name="external" size={0.875} label="in a new tab" />
                </a>
              )}
            </p>
            <Entry
              name="name"
              label="Name"
              help={`How it is called in workflows, for example “${appName} live”.`}
              initial={form.name || unusedName(appName)}
              required
              error={errorAt("name")}
            />
            {form.fields.map((field) => (
              <Entry
                key={field.key}
                name={`auth_${field.key}`}
                label={field.label}
                help={field.help_text}
                required={field.required}
                secret={field.secret ?? false}
                choices={field.choices}
                initial={typeof field.default === "string" ? field.default : ""}
                placeholder={placeholderOf(field)}
                error={errorAt(field.key)}
              />
            ))}
            {form.base_url && (
              <Entry
                name="base_url"
                label="Base address"
                help={form.base_url_help || "Only for a proxy or a test server, in place of the provider's own address."}
                initial=""
                error={errorAt("base_url")}
              />
            )}
          </form>
        </>
      )}
    </Dialog>
  );
}

function SandboxOffer({ appName, busy, onUse }: { appName: string; busy: boolean; onUse: () => void }) {
  return (
    <div class="cx-offer">
      <p>
        No account at hand? The sandbox behaves like {appName} and calls nobody.
      </p>
      <Button onClick={onUse} disabled={busy}>
        Use the sandbox
      </Button>
    </div>
  );
}

function Authorise(props: { appName: string; url: string; waiting: boolean; onOpen: () => void }) {
  return (
    <div class="cx-offer">
      <p>
        {props.waiting
          ? `Finish in the other window. The connection appears here by itself.`
          : `Authorise an account at ${props.appName} instead of pasting its keys.`}
      </p>
      <a class="btn btn-plain" href={props.url} target="_blank" rel="noopener" onClick={props.onOpen}>
        <span>{props.waiting ? "Open the window again" : "Authorise"}</span> <Icon name="external" size={1} />
      </a>
      <span class="sr" role="status">
        {props.waiting ? "Waiting for the authorisation" : ""}
      </span>
    </div>
  );
}

interface EntryProps {
  name: string;
  label: string;
  help: string;
  initial: string;
  error: string;
  required?: boolean;
  secret?: boolean;
  choices?: { value: string; label: string }[];
  placeholder?: string;
}

function Entry(props: EntryProps) {
  const id = useId();
  useEffect(() => {
    if (props.error) document.getElementById(id)?.focus();
  }, [props.error]);
  const shared = {
    id,
    name: props.name,
    class: "td-input",
    spellcheck: false,
    "aria-required": props.required ? ("true" as const) : undefined,
    "aria-invalid": props.error ? ("true" as const) : undefined,
    "aria-describedby": `${id}-help`,
  };
  return (
    <div class="td-field">
      <label for={id}>
        {props.label}
        {props.required && <span class="td-required" aria-hidden="true"> *</span>}
      </label>
      {props.choices?.length ? (
        <select {...shared} defaultValue={props.initial}>
          <option value="">{props.required ? "Choose one" : "Left open"}</option>
          {props.choices.map((choice) => (
            <option key={choice.value} value={choice.value} selected={choice.value === props.initial}>
              {choice.label}
            </option>
          ))}
        </select>
      ) : props.secret ? (
        <input {...shared} type="password" autocomplete="new-password" placeholder={props.placeholder} />
      ) : (
        <input {...shared} type="text" autocomplete="off" defaultValue={props.initial} placeholder={props.placeholder} />
      )}
      <div id={`${id}-help`}>
        {props.error && (
          <p class="td-error" role="alert">
            {props.error}
          </p>
        )}
        {props.help && !props.error.includes(props.help) && <p class="td-help">{props.help}</p>}
      </div>
    </div>
  );
}

function sandboxOf(appName: string) {
  return { name: unusedName(`${appName} sandbox`), values: {}, base_url: "", sandbox: true };
}

/** Return the name, with a number behind it where it is taken. */
export function unusedName(wanted: string, taken = connections.value.map(({ name }) => name)): string {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? wanted : `${wanted} ${count}`;
    if (!used.has(name.toLowerCase())) return name;
  }
}

function placeholderOf(field: Field): string {
  if (field.example === null || field.example === undefined) return "";
  return field.secret ? `${String(field.example)}…` : String(field.example);
}

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ApiError)) return { field: "", message: "The connection could not be made. Try again." };
  return { field: error.field, message: [error.message, error.remedy].filter(Boolean).join(" ") };
}

/** While somebody authorises elsewhere, look for a connection of the app, made by them, that was not there before. */
function useAuthorised(app: string, waiting: boolean, finish: (made: Connection) => void) {
  const before = useRef(new Set(connections.value.map(({ code }) => code)));
  useEffect(() => {
    if (!waiting) return;
    return poll(async () => {
      const made = madeSince(before.current, await refreshConnections(), app);
      if (made) finish(made);
      return made !== null;
    }, ASK_EVERY);
  }, [app, waiting]);
}
