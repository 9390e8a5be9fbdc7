/** Short words about what was done: shown for a while and read out. */
import { signal } from "@preact/signals";
import { Button } from "./Button";

interface Toast {
  key: number;
  text: string;
  look: "info" | "success" | "error";
  action?: { label: string; run: () => void } | undefined;
}

/** What is shown now, the newest last. */
export const shown = signal<Toast[]>([]);
const said = signal("");
let count = 0;

export interface ToastOptions {
  look?: Toast["look"];
  action?: Toast["action"];
  /** Milliseconds; errors stay until they are closed. */
  duration?: number;
}

/** Show it and return what takes it away. The same words are shown once. */
export function toast(text: string, options: ToastOptions = {}): () => void {
  const key = ++count;
  const look = options.look ?? "info";
  const others = shown.value.filter((one) => one.text !== text);
  shown.value = [...others.slice(-3), { key, text, look, action: options.action }];
  const duration = options.duration ?? (look === "error" ? 0 : 6000);
  if (duration) setTimeout(() => dismiss(key), duration);
  return () => dismiss(key);
}

/** Have a screen reader say something that is seen anyway. */
export function announce(text: string): void {
  // The same words twice are only read again when the text changes.
  said.value = said.value === text ? `${text}\u00a0` : text;
}

function dismiss(key: number): void {
  shown.value = shown.value.filter((one) => one.key !== key);
}

export function Toasts() {
  return (
    <>
      <div class="sr" role="status" aria-live="polite">
        {said.value}
      </div>
      <div class="toasts" role="status" aria-live="polite">
        {shown.value.map(({ key, text, look, action }) => (
          <div key={key} class={`toast toast-${look}`}>
            <span>{text}</span>
            {action && (
              <Button
                size="small"
                onClick={() => {
                  dismiss(key);
                  action.run();
                }}
              >
                {action.label}
              </Button>
            )}
            <Button look="quiet" size="small" icon="close" label="Close message" onClick={() => dismiss(key)} />
          </div>
        ))}
      </div>
    </>
  );
}
