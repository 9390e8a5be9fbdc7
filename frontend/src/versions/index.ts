import { fillSlot } from "../app/slots";
import { HistoryButton, PublishButton } from "./buttons";
import { Viewing } from "./Viewing";
import "./versions.css";

fillSlot("publish", PublishButton);
fillSlot("history", HistoryButton);
fillSlot("banner", Viewing);
