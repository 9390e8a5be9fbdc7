/** Icons as inline SVG: 24 units wide, drawn in the colour of the text. */
import type { JSX } from "preact";

const paths = {
  add: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  chevronDown: "M6 9l6 6 6-6",
  chevronRight: "M9 6l6 6-6 6",
  chevronLeft: "M15 6l-6 6 6 6",
  arrowLeft: "M19 12H5m6-6l-6 6 6 6",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4",
  undo: "M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  zoomIn: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4M11 8v6M8 11h6",
  zoomOut: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4M8 11h6",
  fit: "M4 9V5a1 1 0 0 1 1-1h4M15 4h4a1 1 0 0 1 1 1v4M20 15v4a1 1 0 0 1-1 1h-4M9 20H5a1 1 0 0 1-1-1v-4",
  play: "M7 5l12 7-12 7z",
  publish: "M12 16V4m-5 5l5-5 5 5M5 20h14",
  history: "M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5M12 8v4.5l3 1.8",
  more: "M12 6h.01M12 12h.01M12 18h.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  copy: "M9 9h10v11H9zM5 15V4h10",
  cut: "M6 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6 20a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 8l12 11M8 16L20 5",
  paste: "M9 5H6v15h12V5h-3M9 3h6v4H9z",
  duplicate: "M8 8h12v12H8zM4 16V4h12M14 11v6M11 14h6",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  disable: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM6.5 6.5l11 11",
  note: "M5 4h14v10l-5 6H5zM14 20v-6h5",
  warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
  error: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 8v5M12 16h.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  filter: "M4 5h16l-6 8v6l-4-2v-4z",
  branch: "M6 4v16M6 12h6a6 6 0 0 0 6-6V4",
  switch: "M12 4v5M12 9l-7 6v5M12 9l7 6v5M12 9v11",
  ai: "M12 4l1.8 5.2L19 11l-5.2 1.8L12 18l-1.8-5.2L5 11l5.2-1.8zM19 16v4M17 18h4",
  code: "M8 7l-5 5 5 5M16 7l5 5-5 5",
  transform: "M4 7h11m-3-3l3 3-3 3M20 17H9m3-3l-3 3 3 3",
  delay: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
  loop: "M17 3l3 3-3 3M20 6H9a5 5 0 0 0-5 5M7 21l-3-3 3-3M4 18h11a5 5 0 0 0 5-5",
  approval: "M9 11l2.5 2.5L16 9M12 3l8 3v6c0 4.5-3.4 7.6-8 9-4.6-1.4-8-4.5-8-9V6z",
  webhook: "M9 9a3.5 3.5 0 1 1 5.5 2.8l2.5 4.2M12 9l-3.5 6.5M6.500 13a3.500 3.500 0 1 0 3.400 4.500h6.600a2 2 0 1 0 0-1",
  stop: "M8 3h8l5 5v8l-5 5H8l-5-5V8zM9 9h6v6H9z",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h10",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  external: "M14 4h6v6M20 4l-9 9M18 14v5H5V6h5",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  drag: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  up: "M12 19V5m-6 6l6-6 6 6",
  down: "M12 5v14m-6-6l6 6 6-6",
  edit: "M4 20l1-5L16 4l4 4L9 19z",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 4-6 8-6s8 2 8 6",
  refresh: "M20 11a8 8 0 0 0-14.5-3.500L4 9M4 4v5h5M4 13a8 8 0 0 0 14.500 3.500L20 15M20 20v-5h-5",
  list: "M9 6h11M9 12h11M9 18h11M4.500 6h.01M4.500 12h.01M4.500 18h.01",
  text: "M5 6h14M12 6v13M9 19h6",
  braces: "M9 4c-3 0-3 1.500-3 4s0 4-2 4c2 0 2 1.500 2 4s0 4 3 4M15 4c3 0 3 1.500 3 4s0 4 2 4c-2 0-2 1.500-2 4s0 4-3 4",
  wand: "M5 19L15 9M13 7l4 4M18 3v4M16 5h4M7 4v3M5.500 5.500h3M19 14v3M17.500 15.500h3",
} as const;

export type IconName = keyof typeof paths;

export interface IconProps {
  name: IconName;
  /** In rem; 1.25 unless told. */
  size?: number;
  class?: string;
  /** Read out; without one the icon is decoration. */
  label?: string;
}

export function Icon({ name, size = 1.25, class: extra, label }: IconProps): JSX.Element {
  return (
    <svg
      class={extra ? `icon ${extra}` : "icon"}
      viewBox="0 0 24 24"
      width={`${size}rem`}
      height={`${size}rem`}
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      focusable="false"
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" })}
    >
      <path d={paths[name]} />
    </svg>
  );
}
