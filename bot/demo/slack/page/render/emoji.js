/** The emoji that the workspace knows by name; an unknown name is left as it was written. */

const NAMES = `
grinning 😀|smiley 😃|smile 😄|grin 😁|laughing 😆|sweat_smile 😅|joy 😂|rofl 🤣|slightly_smiling_face 🙂
upside_down_face 🙃|wink 😉|blush 😊|innocent 😇|heart_eyes 😍|star_struck 🤩|thinking_face 🤔|neutral_face 😐
expressionless 😑|no_mouth 😶|smirk 😏|unamused 😒|face_with_rolling_eyes 🙄|relieved 😌|pensive 😔|sleeping 😴
sunglasses 😎|confused 😕|worried 😟|slightly_frowning_face 🙁|cry 😢|sob 😭|angry 😠|rage 😡|scream 😱|flushed 😳
see_no_evil 🙈|hear_no_evil 🙉|speak_no_evil 🙊|robot_face 🤖|ghost 👻|skull 💀|wave 👋|raised_hands 🙌|clap 👏|pray 🙏
handshake 🤝|muscle 💪|point_up ☝️|point_right 👉|point_left 👈|point_down 👇|point_up_2 👆|+1 👍|thumbsup 👍|-1 👎
thumbsdown 👎|ok_hand 👌|v ✌️|crossed_fingers 🤞|eyes 👀|brain 🧠|writing_hand ✍️|raised_hand ✋|hand ✋|heart ❤️
orange_heart 🧡|yellow_heart 💛|green_heart 💚|blue_heart 💙|purple_heart 💜|broken_heart 💔|sparkling_heart 💖|fire 🔥
star ⭐|star2 🌟|sparkles ✨|zap ⚡|boom 💥|tada 🎉|confetti_ball 🎊|gift 🎁|trophy 🏆|medal 🏅|crown 👑|rocket 🚀|100 💯
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎
heavy_plus_sign ➕|heavy_minus_sign ➖|warning ⚠️|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|stop_sign 🛑
question ❓|grey_question ❔|exclamation ❗|bangbang ‼️|information_source ℹ️|red_circle 🔴|large_orange_circle 🟠
large_yellow_circle 🟡|large_green_circle 🟢|large_blue_circle 🔵|large_purple_circle 🟣|white_circle ⚪
black_circle ⚫|large_red_square 🟥|large_orange_square 🟧|large_yellow_square 🟨|large_green_square 🟩
large_blue_square 🟦|black_square ⬛|white_square ⬜|small_blue_diamond 🔹|small_orange_diamond 🔸
large_blue_diamond 🔷|large_orange_diamond 🔶|radio_button 🔘|bell 🔔|no_bell 🔕|mega 📣|loudspeaker 📢
speech_balloon 💬|left_speech_bubble 🗨️|thought_balloon 💭|email 📧|envelope ✉️|incoming_envelope 📨|inbox_tray 📥
outbox_tray 📤|mag 🔍|mag_right 🔎|lock 🔒|unlock 🔓|key 🔑|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍|bookmark 🔖
label 🏷️|memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋|page_facing_up 📄|scroll 📜|books 📚|book 📖|newspaper 📰|calendar 📆
date 📅|card_index 📇|file_folder 📁|open_file_folder 📂|wastebasket 🗑️|chart_with_upwards_trend 📈
chart_with_downwards_trend 📉|bar_chart 📊|hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|alarm_clock ⏰
clock1 🕐|timer_clock ⏲️|gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|shield 🛡️|bulb 💡|microscope 🔬
satellite 🛰️|computer 💻|iphone 📱|telephone_receiver 📞|camera 📷|moneybag 💰|credit_card 💳|package 📦|scales ⚖️
balance_scale ⚖️|classical_building 🏛️|house 🏠|office 🏢|earth_africa 🌍|earth_americas 🌎|globe_with_meridians 🌐
world_map 🗺️|sunny ☀️|cloud ☁️|rain_cloud 🌧️|snowflake ❄️|rainbow 🌈|umbrella ☂️|seedling 🌱|evergreen_tree 🌲
four_leaf_clover 🍀|cherry_blossom 🌸|rose 🌹|sunflower 🌻|dog 🐶|cat 🐱|bird 🐦|bee 🐝|bug 🐛|butterfly 🦋|turtle 🐢
elephant 🐘|unicorn_face 🦄|coffee ☕|tea 🍵|beer 🍺|pizza 🍕|cake 🍰|apple 🍎|bread 🍞|bust_in_silhouette 👤
busts_in_silhouette 👥|man 👨|woman 👩|technologist 🧑‍💻|microphone 🎤|headphones 🎧|musical_note 🎵|art 🎨|dart 🎯
game_die 🎲|jigsaw 🧩|arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|arrow_upper_right ↗️
leftwards_arrow_with_hook ↩️|arrow_right_hook ↪️|arrows_counterclockwise 🔄|repeat 🔁|back 🔙|end 🔚|soon 🔜|new 🆕
free 🆓|sos 🆘|hash #️⃣|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|black_small_square ▪️|white_small_square ▫️
arrow_forward ▶️|double_vertical_bar ⏸️
`;

const BY_NAME = new Map(
  NAMES.trim()
    .split(/[|\n]/)
    .map((entry) => entry.trim().split(" ")),
);

/** The characters of a named emoji, or `undefined`. A skin tone (`wave::skin-tone-2`) is left aside. */
export const emojiNamed = (name) => BY_NAME.get(name.split("::")[0]);

/** The characters written as dash-separated code points, as rich text carries them; `undefined` when they are not. */
export function emojiFromCodePoints(codes) {
  if (!/^[0-9a-f]{1,6}(-[0-9a-f]{1,6})*$/i.test(codes ?? "")) return undefined;
  const points = codes.split("-").map((code) => Number.parseInt(code, 16));
  return points.every((point) => point <= 0x10ffff) ? String.fromCodePoint(...points) : undefined;
}

/** Put characters in the place of the names that are known, and leave every other colon alone. */
export const withEmoji = (text) =>
  text.replace(/:([a-z0-9_+-]+)(?:::skin-tone-[2-6])?:/g, (whole, name) => emojiNamed(name) ?? whole);

/** Those offered first to someone who reacts. */
export const REACTIONS = [
  "+1",
  "eyes",
  "white_check_mark",
  "heart",
  "tada",
  "pray",
  "joy",
  "thinking_face",
  "raised_hands",
  "x",
];
