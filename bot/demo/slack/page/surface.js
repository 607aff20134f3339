/** Where blocks stand: in one message, modal or Home. Carries what their elements need to reach the app. */

import { act } from "./api.js";
import { Form } from "./form.js";

/** One message or view; `container` says to the server which. */
export class Surface {
  constructor(directory, container, values = {}) {
    this.directory = directory;
    this.container = container;
    this.form = new Form(values);
    this.feedback = new Map();
  }

  /** Tell the app of a click, a choice or typing. */
  act(block, element, value) {
    return act("action", { ...this.where(block, element), value, state: this.form.values });
  }

  /** Ask the app for the options of an external select. */
  options(block, element, query) {
    return act("options", { ...this.where(block, element), query });
  }

  where(block, element) {
    return {
      user: this.directory.me,
      container: this.container,
      block_id: block.block_id,
      action_id: element.action_id,
    };
  }
}
