import { fillSlot } from "../app/slots";
import { TestButton, TestDrawer } from "./TestDrawer";
import "./testing.css";

fillSlot("test", TestButton);
fillSlot("overlay", TestDrawer);

export { EventChooser } from "./EventChooser";
export { Items, TestTab } from "./TestTab";
export { last, stale, testDry, testing } from "./state";
