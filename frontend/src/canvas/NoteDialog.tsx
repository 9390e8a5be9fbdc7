import { useId, useState } from "preact/hooks";
import { Button, Dialog } from "../ui";

interface Props {
  title: string;
  text: string;
  readOnly?: boolean;
  onSave: (text: string) => void;
  onClose: () => void;
}

export function NoteDialog({ title, text, readOnly, onSave, onClose }: Props) {
  const [value, setValue] = useState(text);
  const id = useId();
  const save = () => {
    onClose();
    onSave(value.trim());
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        readOnly ? (
          <Button onClick={onClose}>Close</Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" onClick={save}>
              Keep note
            </Button>
          </>
        )
      }
    >
      <label class="label" for={id}>
        Note for whoever reads this workflow
      </label>
      <textarea
        id={id}
        class="input cv-note-input"
        rows={6}
        maxLength={2000}
        readOnly={readOnly}
        value={value}
        onInput={(event) => setValue(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !readOnly) save();
        }}
      />
    </Dialog>
  );
}
