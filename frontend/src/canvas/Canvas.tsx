import { definition } from "../state/store";

/** The workflow as a tree of cards. */
export function Canvas() {
  return <main class="cv">{definition.value.steps.length} steps</main>;
}
