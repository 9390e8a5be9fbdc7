import { Button } from "../ui";
import { helping, searching, zoomText } from "./keys";
import type { Layout } from "./layout";
import { fit, zoomBy, zoomTo } from "./view";

/** The buttons in the corner of the canvas. */
export function Controls({ drawn }: { drawn: Layout }) {
  return (
    <div class="cv-float cv-controls" role="group" aria-label="View">
      <Button look="quiet" icon="zoomOut" label="Zoom out (-)" onClick={() => zoomBy(1 / 1.2)} />
      <Button look="quiet" class="cv-zoom" label={`Zoom ${zoomText()}. Show at full size (1)`} onClick={() => zoomTo(1)}>
        {zoomText()}
      </Button>
      <Button look="quiet" icon="zoomIn" label="Zoom in (=)" onClick={() => zoomBy(1.2)} />
      <Button look="quiet" icon="fit" label="Show everything (0)" onClick={() => fit(drawn)} />
      <Button look="quiet" icon="search" label="Find a step (/)" onClick={() => (searching.value = true)} />
      <Button look="quiet" icon="keyboard" label="Keys (?)" onClick={() => (helping.value = true)} />
    </div>
  );
}
