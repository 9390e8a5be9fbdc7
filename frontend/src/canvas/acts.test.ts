// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { replaceStep } from "../definition/edit";
import { action, workflow } from "../definition/testing";
import * as store from "../state/store";
import { shown } from "../ui/toasts";
import { removeStep } from "./acts";

const ids = () => store.definition.value.steps.map((step) => step.id);
const offer = () => shown.value.find((one) => one.action?.label === "Undo");

beforeEach(() => {
  store.readOnly.value = false;
  store.load(workflow(action("a"), action("b")));
  shown.value = [];
});

test("what was deleted comes back by the message's Undo", () => {
  removeStep("a");
  offer()?.action?.run();

  expect(ids()).toEqual(["a", "b"]);
});

test("the Undo goes with the next change, and never takes that back", () => {
  removeStep("a");
  const kept = offer();
  store.edit("Rename b", (draft) => replaceStep(draft, "b", (step) => ({ ...step, name: "New" })));

  expect(offer()).toBeUndefined();
  kept?.action?.run();
  expect(store.definition.value.steps[0]?.name).toBe("New");
});
