/** Waiting for a connection that is made in another window. */
import type { Connection } from "../api/types";

/** The connection of the app that this person made and that was not there before; a colleague's is none of it. */
export const madeSince = (before: ReadonlySet<string>, all: readonly Connection[], app: string): Connection | null =>
  all.find((one) => one.app === app && one.mine === true && !before.has(one.code)) ?? null;

/** Look again and again until `look` says that it is done: never two looks at once, none once it is ended. Returns what ends it. */
export function poll(look: () => Promise<boolean>, every: number): () => void {
  let ended = false;
  let timer: ReturnType<typeof setTimeout>;
  const again = () => {
    timer = setTimeout(async () => {
      // The next look may reach the server again.
      const done = await look().catch(() => false);
      if (!done && !ended) again();
    }, every);
  };
  again();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
