import type { ComponentChildren, JSX, Ref } from "preact";
import { Icon, type IconName } from "./icons";

export interface ButtonProps extends Omit<JSX.IntrinsicElements["button"], "icon" | "label" | "ref"> {
  look?: "primary" | "plain" | "quiet" | "danger";
  size?: "small" | "normal";
  icon?: IconName;
  /** Shown on top and read out; needed where the button has an icon alone. */
  label?: string;
  children?: ComponentChildren;
  buttonRef?: Ref<HTMLButtonElement>;
}

/** A button; with an icon and a label but no children it is an icon button with a tooltip. */
export function Button(props: ButtonProps) {
  const { look = "plain", size = "normal", icon, label, children, class: extra, buttonRef, ...rest } = props;
  const alone = icon && children === undefined;
  const names = ["btn", `btn-${look}`, size === "small" && "btn-small", alone && "btn-icon", extra];
  return (
    <button
      type="button"
      ref={buttonRef}
      class={names.filter(Boolean).join(" ")}
      {...(label ? { "aria-label": label, "data-tip": alone ? label : undefined } : {})}
      {...rest}
    >
      {icon && <Icon name={icon} size={size === "small" ? 1 : 1.125} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}
