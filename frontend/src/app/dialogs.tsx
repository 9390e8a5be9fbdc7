/** The dialogs that are open, one above the other. */
import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";

type Render = (close: () => void) => ComponentChild;

const open = signal<{ key: number; render: Render }[]>([]);
let count = 0;

/** Open a dialog; `render` gets the function that closes it and returns a `Dialog` of src/ui. */
export function openDialog(render: Render): () => void {
  const key = ++count;
  const close = () => {
    open.value = open.value.filter((one) => one.key !== key);
  };
  open.value = [...open.value, { key, render }];
  return close;

}

export function Dialogs() {
  return (
    <>
      {open.value.map(({ key, render }) => (
        <Opened key={key} id={key} render={render} />
      ))}
    </>
  );
}

function Opened({ id, render }: { id: number; render: Render }) {
  return (
    <>
      {render(() => {
        open.value = open.value.filter((one) => one.key !== id);
      })}
    </>
  );
}
