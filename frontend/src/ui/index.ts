export { Button, type ButtonProps } from "./Button";
export { Dialog, type DialogProps } from "./Dialog";
export { Icon, type IconName, type IconProps } from "./icons";
export { Menu, type MenuItem, type MenuProps } from "./Menu";
export { announce, toast, Toasts } from "./toasts";
export { Tooltip } from "./Tooltip";
