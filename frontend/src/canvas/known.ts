import * as store from "../state/store";
import type { Known } from "./summary";

/** What summaries are told with; reads signals, so that names appear when they are there. */
export function known(): Known {
  return {
    action: store.actionByRef,
    connection: store.connectionByCode,
    operators: store.catalog.value.operators,
  };
}
