/** What templates come to on the chosen event, for the menu of a pill. */

import { useEffect, useState } from "preact/hooks";

import { renderTemplate } from "../previews";
import { shown } from "../tree/model";

export interface PreviewOf {
  text: string;
  error: string;
}

export function Preview({ preview }: { preview: PreviewOf | undefined }) {
  if (preview === undefined) return <span class="pn-preview is-pending">…</span>;
  if (preview.error !== "") return <span class="pn-preview td-error">{preview.error}</span>;
  return <span class="pn-preview">{preview.text === "" ? <i>empty</i> : shown(preview.text, 120)}</span>;
}

const AT_ONCE = 3;

/** What templates come to, a few at a time; kept while the list changes. */
export function usePreviews(stepId: string, templates: string[]): ReadonlyMap<string, PreviewOf> {
  const [found, setFound] = useState<ReadonlyMap<string, PreviewOf>>(() => new Map());
  const key = templates.join("\n");
  useEffect(() => {
    let isGone = false;
    const queue = [...new Set(templates)];
    const next = async (): Promise<void> => {
      const template = queue.shift();
      if (template === undefined || isGone) return;
      const preview = await renderTemplate(stepId, template).then(
        (answer) => ({ text: answer.text ?? "", error: answer.error ?? "" }),
        (error: unknown) => ({ text: "", error: error instanceof Error ? error.message : "No answer." }),
      );
      if (isGone) return;
      setFound((before) => new Map(before).set(template, preview));
      await next();
    };
    const timer = setTimeout(() => Array.from({ length: AT_ONCE }, next), 30);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [key, stepId]);
  return found;
}
