/** What is wrong with the step, with a way to each field. */

import type { Problem } from "../api/types";
import { problemsByStep } from "../state/store";
import { Icon } from "../ui";

export function Problems({ stepId, onGo }: { stepId: string; onGo: (problem: Problem) => void }) {
  const problems = problemsByStep.value.get(stepId) ?? [];
  if (problems.length === 0) return null;
  return (
    <section class="pn-problems" aria-label="Problems of this step">
      <h3>
        <Icon name="warning" size={1} /> {problems.length === 1 ? "One thing is missing or wrong" : `${problems.length} things are missing or wrong`}
      </h3>
      <ul>
        {problems.map((problem, index) => (
          <li key={index}>
            <button type="button" class="pn-problem" onClick={() => onGo(problem)}>
              {problem.message}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Put the focus into a field; its place may begin with “inputs.”. */
export function goToField(field: string): void {
  requestAnimationFrame(() => {
    const names = [field, field.replace(/^inputs\./, ""), field.split(".")[0] ?? ""];
    for (const name of names) {
      const box = name === "" ? null : document.querySelector<HTMLElement>(`.pn [data-field="${CSS.escape(name)}"]`);
      if (box === null) continue;
      box.scrollIntoView({ block: "center" });
      box.querySelector<HTMLElement>("[contenteditable], input, select, textarea, button")?.focus();
      return;
    }
  });
}
