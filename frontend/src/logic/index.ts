/* Every kind of logic registers its form when this is loaded. */

import { registerForm } from "./forms";
import { AiForm } from "./forms/AiForm";
import { ApprovalForm } from "./forms/ApprovalForm";
import { CodeForm } from "./forms/CodeForm";
import { DelayForm } from "./forms/DelayForm";
import { ForEachForm } from "./forms/ForEachForm";
import { SwitchForm } from "./forms/SwitchForm";
import { TransformForm } from "./forms/TransformForm";
import { FilterForm, IfForm } from "./forms/conditional";
import { StopForm, WaitWebhookForm } from "./forms/ending";
import "./logic.css";

registerForm("filter", FilterForm);
registerForm("if", IfForm);
registerForm("switch", SwitchForm);
registerForm("ai", AiForm);
registerForm("code", CodeForm);
registerForm("transform", TransformForm);
registerForm("delay", DelayForm);
registerForm("for_each", ForEachForm);
registerForm("approval", ApprovalForm);
registerForm("wait_webhook", WaitWebhookForm);
registerForm("stop", StopForm);

export * from "./defaults";
export { formFor, registerForm, type FormProps } from "./forms";
