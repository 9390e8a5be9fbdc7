import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

/** Words shown when the pointer or the focus is on what is inside; Escape hides them. */
export function Tooltip({ text, children }: { text: string; children: ComponentChildren }) {
  const [shown, show] = useState(false);
  const id = useId();
  return (
    <span
      class="tip"
      aria-describedby={shown ? id : undefined}
      onPointerEnter={() => show(true)}
      onPointerLeave={() => show(false)}
      onFocusIn={() => show(true)}
      onFocusOut={() => show(false)}
      onKeyDown={(event) => event.key === "Escape" && show(false)}
    >
      {children}
      {shown && (
        <span id={id} role="tooltip" class="tip-text">
          {text}
        </span>
      )}
    </span>
  );
}
