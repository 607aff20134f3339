/**
 * Holds what a person has entered in one message or view, in the shape of Slack's `state.values`. It outlives a redraw:
 * an entry stays as long as its block_id and action_id stay, whatever else the app changes around it.
 */

/** By element type: the field of the value, and how the element says its initial content. */
const FIELDS = {
  plain_text_input: ["value", (element) => element.initial_value],
  number_input: ["value", (element) => element.initial_value],
  email_text_input: ["value", (element) => element.initial_value],
  url_text_input: ["value", (element) => element.initial_value],
  rich_text_input: ["rich_text_value", (element) => element.initial_value],
  static_select: ["selected_option", (element) => element.initial_option],
  external_select: ["selected_option", (element) => element.initial_option],
  radio_buttons: ["selected_option", (element) => element.initial_option],
  multi_static_select: ["selected_options", (element) => element.initial_options ?? []],
  multi_external_select: ["selected_options", (element) => element.initial_options ?? []],
  checkboxes: ["selected_options", (element) => element.initial_options ?? []],
  users_select: ["selected_user", (element) => element.initial_user],
  multi_users_select: ["selected_users", (element) => element.initial_users ?? []],
  conversations_select: ["selected_conversation", (element) => element.initial_conversation],
  multi_conversations_select: ["selected_conversations", (element) => element.initial_conversations ?? []],
  channels_select: ["selected_channel", (element) => element.initial_channel],
  multi_channels_select: ["selected_channels", (element) => element.initial_channels ?? []],
  datepicker: ["selected_date", (element) => element.initial_date],
  timepicker: ["selected_time", (element) => element.initial_time],
  datetimepicker: ["selected_date_time", (element) => element.initial_date_time],
  file_input: ["files", () => []],
};

/** The name of the field that carries an element's content. */
export const fieldOf = (element) => FIELDS[element.type][0];

/** What the person has entered; `onchange` hears of every entry. */
export class Form {
  constructor(values = {}) {
    this.values = {};
    for (const [block, actions] of Object.entries(values)) this.values[block] = { ...actions };
  }

  /** The content of an element now: what was entered, else what it started with, else `null`. */
  content(block, element) {
    const [field, initial] = FIELDS[element.type];
    const held = this.values[block]?.[element.action_id];
    if (held === undefined || !(field in held)) this.enter(block, element, initial(element) ?? null);
    return this.values[block][element.action_id][field];
  }

  /** Keep a new content and return it as Slack's VALUE. */
  enter(block, element, content) {
    const value = { type: element.type, [fieldOf(element)]: content };
    this.values[block] = { ...this.values[block], [element.action_id]: value };
    return value;
  }

  /** Take what the server knows of elements that are not held here yet. */
  adopt(values = {}) {
    for (const [block, actions] of Object.entries(values)) this.values[block] = { ...actions, ...this.values[block] };
  }

  /** Forget what belongs to elements that are gone; coming back, they start afresh as they do in Slack. */
  retain(blocks) {
    const present = new Set();
    walkElements(blocks, (block, element) => present.add(`${block.block_id}\n${element.action_id}`));
    for (const [block, actions] of Object.entries(this.values)) {
      const kept = Object.entries(actions).filter(([action]) => present.has(`${block}\n${action}`));
      if (kept.length) this.values[block] = Object.fromEntries(kept);
      else delete this.values[block];
    }
  }
}

/** Call `visit(block, element)` for every element that can hold a value or be clicked. */
export function walkElements(blocks, visit) {
  for (const block of blocks ?? []) {
    const elements = [block.element, block.accessory, ...listed(block.elements), ...listed(block.actions)];
    for (const element of elements) if (element?.action_id) visit(block, element);
    walkElements(block.child_blocks, visit);
    walkElements(
      listed(block.elements).filter((element) => element.type === "card"),
      visit,
    );
  }
}

const listed = (value) => (Array.isArray(value) ? value : []);
