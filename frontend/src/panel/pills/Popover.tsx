/** A box beside a rectangle of the window: below it, or above it where there is more room. */

import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

export interface PopoverProps extends Omit<JSX.IntrinsicElements["div"], "ref" | "label"> {
  at: () => DOMRect;
  children: ComponentChildren;
  /** Called when the pointer goes down outside, or the window is scrolled away. */
  onOutside?: () => void;
  /** What counts as inside besides the box. */
  owner?: RefObject<HTMLElement | null>;
}

const GAP = 4;
const EDGE = 8;

export function Popover({ at, children, onOutside, owner, ...rest }: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const place = (): void => {
      const element = box.current;
      if (element === null) return;
      const rect = at();
      const room = { below: innerHeight - rect.bottom - GAP - EDGE, above: rect.top - GAP - EDGE };
      element.style.maxHeight = "";
      const { width, height } = element.getBoundingClientRect();
      const isAbove = height > room.below && room.above > room.below;
      element.style.maxHeight = `${Math.max(120, isAbove ? room.above : room.below)}px`;
      const shownHeight = Math.min(height, isAbove ? room.above : room.below);
      element.style.left = `${Math.max(EDGE, Math.min(rect.left, innerWidth - width - EDGE))}px`;
      element.style.top = `${isAbove ? rect.top - GAP - shownHeight : rect.bottom + GAP}px`;
    };
    place();
    addEventListener("scroll", place, { capture: true, passive: true });
    addEventListener("resize", place);
    return () => {
      removeEventListener("scroll", place, { capture: true });
      removeEventListener("resize", place);
    };
  });
  useEffect(() => {
    const down = (event: PointerEvent): void => {
      const target = event.target as Node;
      if (!box.current?.contains(target) && !owner?.current?.contains(target)) onOutside?.();
    };
    addEventListener("pointerdown", down, true);
    return () => removeEventListener("pointerdown", down, true);
  }, [onOutside]);
  return (
    <div ref={box} {...rest} class={["pn-pop", rest.class].filter(Boolean).join(" ")}>
      {children}
    </div>
  );
}
