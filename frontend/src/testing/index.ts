import { fillSlot } from "../app/slots";
import { fillPanel } from "../panel/parts";
import { EventPart } from "./EventPart";
import { TestButton, TestDrawer } from "./TestDrawer";
import { TestTab } from "./TestTab";
import "./testing.css";

fillSlot("test", TestButton);
fillSlot("overlay", TestDrawer);
fillPanel("test", TestTab);
fillPanel("event", EventPart);
