import { type SlotName, slotFilled } from "./slots";

/** Show what stands in a place. */
export function Slot({ name }: { name: SlotName }) {
  return (
    <>
      {slotFilled(name).map((Part, index) => (
        <Part key={index} />
      ))}
    </>
  );
}
