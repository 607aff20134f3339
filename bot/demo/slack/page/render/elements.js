/** Finds the renderer of an interactive element. */

import { unknownThing } from "./unknown.js";
import * as buttons from "./elements/buttons.js";
import * as choices from "./elements/choices.js";
import * as dates from "./elements/dates.js";
import * as inputs from "./elements/inputs.js";
import { Port } from "./elements/port.js";
import * as selects from "./elements/selects.js";
import { renderImage } from "./images.js";

const ELEMENTS = {
  button: buttons.button,
  workflow_button: buttons.workflowButton,
  overflow: buttons.overflow,
  icon_button: buttons.iconButtonElement,
  feedback_buttons: buttons.feedbackButtons,
  checkboxes: choices.checkboxes,
  radio_buttons: choices.radioButtons,
  datepicker: dates.datepicker,
  timepicker: dates.timepicker,
  datetimepicker: dates.datetimepicker,
  plain_text_input: inputs.plainTextInput,
  email_text_input: inputs.emailInput,
  url_text_input: inputs.urlInput,
  number_input: inputs.numberInput,
  rich_text_input: inputs.richTextInput,
  file_input: inputs.fileInput,
  static_select: selects.staticSelect,
  external_select: selects.externalSelect,
  users_select: selects.usersSelect,
  channels_select: selects.channelsSelect,
  conversations_select: selects.conversationsSelect,
  multi_static_select: selects.multiStaticSelect,
  multi_external_select: selects.multiExternalSelect,
  multi_users_select: selects.multiUsersSelect,
  multi_channels_select: selects.multiChannelsSelect,
  multi_conversations_select: selects.multiConversationsSelect,
};

/** Show one element of a block; `relation` says how it stands to its label and whether the app hears of it at once. */
export function renderElement(element, block, surface, relation) {
  if (element?.type === "image") return renderImage(element, "element-image");
  const show = ELEMENTS[element?.type];
  return show ? show(new Port(element, block, surface, relation)) : unknownThing("element", element);
}
