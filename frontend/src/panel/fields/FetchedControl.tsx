/** A value of a list that the connected account has; an id can always be typed or mapped. */

import { useEffect, useRef, useState } from "preact/hooks";

import { ApiError, post } from "../../api/client";
import { Combobox, type ComboboxOption } from "./Combobox";
import type { ControlProps, FieldOwner } from "./MappingField";
import { valueText } from "./model";
import { TextControl } from "./TextControl";

interface Choices {
  options: ComboboxOption[];
  more: boolean;
  partial: boolean;
  sandbox: boolean;
  problem: string;
  remedy: string;
}

const NONE: Choices = { options: [], more: false, partial: false, sandbox: false, problem: "", remedy: "" };
const SEARCH_AFTER = 300;

export function FetchedControl(props: ControlProps) {
  const { id, spec, label, mapping, onChange, path, owner, describedBy, isWrong } = props;
  const value = mapping !== null && mapping !== undefined && "value" in mapping ? valueText(mapping.value) : "";
  const [found, setFound] = useState<Choices>(NONE);
  const [isBusy, setBusy] = useState(false);
  const asked = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const name = useNameOf(owner, path, value, found.options);
  const ask = async (search: string): Promise<void> => {
    if (owner === undefined) return;
    asked.current += 1;
    const number = asked.current;
    setBusy(true);
    const answer = await askChoices(owner, path, { search });
    if (number !== asked.current) return;
    setFound(answer);
    setBusy(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  if (owner === undefined) return <TextControl {...props} />;
  const options = name === null || found.options.some((each) => each.value === value) ? found.options : [name, ...found.options];
  const needsConnection = owner.connection === "";
  return (
    <>
      <Combobox
        id={id}
        label={label}
        value={value}
        options={options}
        onChoose={(chosen) => onChange(chosen === "" ? null : { value: chosen })}
        onOpen={() => !needsConnection && void ask("")}
        onSearch={(search) => {
          clearTimeout(timer.current);
          if (!needsConnection) timer.current = setTimeout(() => void ask(search), SEARCH_AFTER);
        }}
        isBusy={isBusy}
        isWrong={isWrong}
        describedBy={describedBy}
        placeholder={spec.required === true ? "Search, or type the id" : "Not set"}
        takesOther
        clearable
        footer={<Footer found={found} needsConnection={needsConnection} />}
      />
      {found.problem !== "" && (
        <p class="td-error" role="status">
          {found.problem} {found.remedy}
        </p>
      )}
    </>
  );
}

function Footer({ found, needsConnection }: { found: Choices; needsConnection: boolean }) {
  if (needsConnection) return <p class="pn-none">Choose a connection first to see its list, or type the id.</p>;
  if (found.problem !== "") return <p class="pn-none td-error">{found.problem}</p>;
  if (found.partial) return <p class="pn-none">Not all of the account was looked through. Type more of the name, or the id.</p>;
  if (found.more) return <p class="pn-none">There are more. Type a part of the name.</p>;
  return found.sandbox ? <p class="pn-none">These are the sandbox's.</p> : null;
}

async function askChoices(owner: FieldOwner, field: string, what: { search: string } | { value: string }): Promise<Choices> {
  const { action, trigger, connection } = owner;
  try {
    return await post<Choices>("choices", { ...(action ? { action } : { trigger }), field: listedName(field), connection, ...what });
  } catch (error) {
    const told = error instanceof ApiError ? error : null;
    return { ...NONE, problem: told?.message ?? "The list can not be fetched.", remedy: told?.remedy || "Type the id instead." };
  }
}

/** A field's name among the inputs: the number of a row is no part of it. */
function listedName(path: string): string {
  return path.split(".").filter((part) => !/^\d+$/.test(part)).join(".");
}

/** The name of the value that is chosen, asked for once. */
function useNameOf(owner: FieldOwner | undefined, path: string, value: string, options: ComboboxOption[]): ComboboxOption | null {
  const [name, setName] = useState<ComboboxOption | null>(null);
  const isKnown = options.some((each) => each.value === value);
  useEffect(() => {
    if (owner === undefined || owner.connection === "" || value === "" || isKnown || name?.value === value) return;
    let isGone = false;
    void askChoices(owner, path, { value }).then((answer) => {
      const found = answer.options.find((each) => each.value === value);
      if (!isGone) setName(found ?? null);
    });
    return () => {
      isGone = true;
    };
  }, [owner?.connection, owner?.action, value, isKnown]);
  return name?.value === value ? name : null;
}
