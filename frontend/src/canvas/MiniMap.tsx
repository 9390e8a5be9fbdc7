import { CARD, type Layout } from "./layout";
import * as store from "../state/store";
import { frame, unit, view } from "./view";

const WIDTH = 176;
const HEIGHT = 128;

/** The whole tree in small, with what is in sight; a press goes there. For eyes and pointers only. */
export function MiniMap({ drawn }: { drawn: Layout }) {
  const scale = Math.min(WIDTH / drawn.width, HEIGHT / drawn.height);
  const { x, y, zoom } = view.value;
  const size = unit() * zoom;
  const seen = { x: -x / size, y: -y / size, width: frame.value.width / size, height: frame.value.height / size };
  const goTo = (event: PointerEvent) => {
    if (!event.buttons) return;
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const ratio = Math.max(drawn.width / box.width, drawn.height / box.height);
    const left = (box.width - drawn.width / ratio) / 2;
    const top = (box.height - drawn.height / ratio) / 2;
    const at = { x: (event.clientX - box.left - left) * ratio, y: (event.clientY - box.top - top) * ratio };
    view.value = { x: frame.value.width / 2 - at.x * size, y: frame.value.height / 2 - at.y * size, zoom };
  };
  const problems = store.problemsByStep.value;
  return (
    <div class="cv-float cv-mini" aria-hidden="true">
      <svg width={`${WIDTH / 16}rem`} height={`${HEIGHT / 16}rem`} viewBox={`0 0 ${drawn.width} ${drawn.height}`} onPointerDown={goTo} onPointerMove={goTo}>
        {drawn.cards.map((card) => (
          <rect
            key={card.id}
            x={card.x}
            y={card.y}
            width={CARD.width}
            height={CARD.height}
            rx="16"
            class={["cv-mini-card", problems.has(card.id) && "has-problems", card.inError && "in-error", store.selected.value === card.id && "is-chosen"].filter(Boolean).join(" ")}
          />
        ))}
        <rect x={seen.x} y={seen.y} width={seen.width} height={seen.height} class="cv-mini-seen" stroke-width={2 / scale} />
      </svg>
    </div>
  );
}
