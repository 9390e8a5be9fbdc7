import { expect, test } from "vitest";
import { shown, toast } from "./toasts";

test("the same words are shown once, and are taken away by who said them", () => {
  toast("Not saved.", { look: "error" });
  toast("Another", { look: "error" });
  const close = toast("Not saved.", { look: "error" });
  expect(shown.value.map((one) => one.text)).toEqual(["Another", "Not saved."]);

  close();
  expect(shown.value.map((one) => one.text)).toEqual(["Another"]);
});
