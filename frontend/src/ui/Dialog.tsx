import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "./Button";

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons below, the one that goes on last. */
  actions?: ComponentChildren;
  size?: "small" | "normal" | "large";
}

/** A modal dialog: the browser keeps the focus in it and gives it back; Escape closes it. */
export function Dialog({ title, onClose, children, actions, size = "normal" }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // At once: a key pressed before the next picture is drawn belongs to the dialog.
  useLayoutEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    // Not the button that closes: what is to be filled, else the first answer.
    const first = dialog?.querySelector<HTMLElement>("[data-first], .dlg-body :is(input, select, textarea):not([disabled])");
    (first ?? dialog?.querySelector<HTMLElement>(".dlg-foot button:not([disabled])"))?.focus();
    return () => {
      if (dialog?.open) dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dlg dlg-${size}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <header class="dlg-head">
        <h2 id={heading}>{title}</h2>
        <Button look="quiet" icon="close" label="Close" onClick={onClose} />
      </header>
      <div class="dlg-body">{children}</div>
      {actions && <footer class="dlg-foot">{actions}</footer>}
    </dialog>
  );
}
