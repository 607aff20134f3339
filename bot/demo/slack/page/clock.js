/** Says times as a person in this browser's time zone would. */

const LOCALE = "en-GB";
const time = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const timeWithSeconds = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dateLong = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const dateMiddle = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric" });
const dateShort = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const weekdayDate = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });
const dateNumeric = new Intl.DateTimeFormat("sv-SE");

/** The moment a message's `ts` stands for. */
export const momentOf = (ts) => new Date(Number.parseFloat(ts) * 1000);

export const clockTime = (moment) => time.format(moment);
export const fullTime = (moment) => `${dateLong.format(moment)} at ${timeWithSeconds.format(moment)}`;

/** The words on the divider above a day's first message. */
export const dayName = (moment) => pretty(moment, weekdayDate).replace(/^./, (letter) => letter.toUpperCase());

/** A day and a time in a few words. */
export const briefTime = (moment) => `${pretty(moment, dateShort)} at ${clockTime(moment)}`;

/** Whether two moments fall on the same day here. */
export const sameDay = (one, other) => one.toDateString() === other.toDateString();

function pretty(moment, otherwise) {
  const near = (days) => {
    const day = new Date();
    day.setDate(day.getDate() + days);
    return sameDay(moment, day);
  };
  if (near(0)) return "today";
  if (near(-1)) return "yesterday";
  return near(1) ? "tomorrow" : otherwise.format(moment);
}

const STEPS = [
  ["year", 31536000],
  ["month", 2592000],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

/** How long ago, in the largest unit that fits. */
export function ago(moment) {
  const seconds = (moment - Date.now()) / 1000;
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? STEPS.at(-1);
  return relative.format(Math.round(seconds / size), unit);
}

const TOKENS = {
  date_num: (moment) => dateNumeric.format(moment),
  date: (moment) => dateMiddle.format(moment),
  date_slash: (moment) => dateNumeric.format(moment).replaceAll("-", "/"),
  date_short: (moment) => dateShort.format(moment),
  date_long: (moment) => dateLong.format(moment),
  date_pretty: (moment) => pretty(moment, dateMiddle),
  date_short_pretty: (moment) => pretty(moment, dateShort),
  date_long_pretty: (moment) => pretty(moment, dateLong),
  day_divider_pretty: dayName,
  time: clockTime,
  time_secs: (moment) => timeWithSeconds.format(moment),
  ago,
};

/** Fill the `{date}` and `{time}` placeholders of Slack's date format; `null` when the moment makes no sense. */
export function fillDateFormat(seconds, format) {
  const moment = new Date(Number(seconds) * 1000);
  if (!Number.isFinite(moment.getTime())) return null;
  return format.replace(/\{(\w+)\}/g, (whole, name) => TOKENS[name]?.(moment) ?? whole);
}
