/** The toolbar's buttons for going live and for the history. */
import { openDialog } from "../app/dialogs";
import { pageData } from "../api/client";
import { saveNow } from "../state";
import { Button, toast } from "../ui";
import { History, UNSAVED } from "./History";
import { PublishDialog } from "./PublishDialog";
import { viewing } from "./viewing";

export function PublishButton() {
  const { can } = pageData();
  if (!can.publish || viewing.value) return null;
  return (
    <Button look="primary" onClick={() => void openPublish()}>
      Publish…
    </Button>
  );
}

export function HistoryButton() {
  return (
    <Button look="quiet" icon="history" label="History" onClick={() => void openHistory()} />
  );
}

let opening = false;

/** Open one dialog, however often the button is pressed until it stands there. */
async function once(open: () => Promise<void>): Promise<void> {
  if (opening) return;
  opening = true;
  try {
    await open();
  } finally {
    opening = false;
  }
}

/** What is published is what the server has, so that is made equal to what is seen first. */
export const openPublish = () =>
  once(async () => {
    if (await saveNow()) openDialog((close) => <PublishDialog onClose={close} />);
    else toast(UNSAVED, { look: "error" });
  });

/** The draft is compared as the server has it. */
export const openHistory = () =>
  once(async () => {
    await saveNow();
    openDialog((close) => <History onClose={close} />);
  });
