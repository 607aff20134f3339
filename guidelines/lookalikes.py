"""Signs that are read as others: letters of other alphabets that look like Latin ones, quotation marks, dashes."""

from typing import Final

LOOKALIKES: Final = str.maketrans(
    {
        **dict(zip("аеорсухіјѕԁһԛԝӏ", "aeopcyxijsdhqwl", strict=True)),
        **dict(zip("АВЕКМНОРСТУХІЈЅԚԜӀЗ", "ABEKMHOPCTYXIJSQWI3", strict=True)),
        **dict(zip("αειικνορτυχγ", "aeiikvoptuxy", strict=True)),
        **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
        **dict(zip("ıɑɡʟꓲꓳᴀᴄᴅᴇᴊᴋᴍɴᴏᴘᴛᴜᴠᴡᴢʀꜱɪʙɢʜ", "iagLIOacdejkmnoptuvwzrsibgh", strict=True)),
        **dict.fromkeys("‘’‚‛ʼ′`´", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−﹘﹣", "-"),
        "…": "...",
        "×": "x",
        "⁄": "/",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
    }
)
