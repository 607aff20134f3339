"""A Slack on this machine, as strict as the real one, for demos, for tests and for whoever writes a Slack app.

The real `slack_bolt.App`, `WebClient` and Socket Mode clients run against it unchanged; only `base_url` differs. It
refuses what Slack refuses: missing scopes, channels the bot is not in, blocks beyond their limits, late or used
triggers, stale hashes, too many calls. What it knows of Slack is what docs.slack.dev says; where Slack says nothing,
the code says so.

**Trying an app by hand.** `python -m bot.demo.slack --manifest manifest.json` prints the address of a page, where one
can be any of five people, and the four settings an app needs:

    client = WebClient(token=SLACK_BOT_TOKEN, base_url=SLACK_API_URL)
    app = App(client=client, signing_secret=SLACK_SIGNING_SECRET)
    SocketModeHandler(app, SLACK_APP_TOKEN).start()

With `--request-url http://127.0.0.1:3000/slack/events` events and interactions come by signed HTTP instead. `--path
workspace.db` keeps the workspace. Scopes, commands, shortcuts, events and Home are those of the manifest.

**Testing an app.** One workspace per test starts in some 30 milliseconds:

    with LocalSlack(seed=harbour(SeedApp.from_manifest(manifest))) as slack:
        ...                                            # start the app with slack.api_url, .bot_token, .app_token
        slack.wait_until_connected()
        ana = slack.person("ana")
        ana.click(ana.wait_for_message("#mentions", "A mention"), "reply")
        ana.wait_for_modal("Reply")
        ana.submit(text="Sorry to hear that.")         # PersonError if Slack or the app refuses
        assert "Sorry" in ana.wait_for_message("#mentions", "Posted")["text"]

`blockkit.validate(blocks)` checks a layout without any server. `rates=None` lifts the rate limits, `Rates(factor=…)`
moves them. `slack.faults` misbehaves on demand (429, 5xx, time-outs, lost acknowledgements, duplicates, reordering),
`slack.silence_sockets()` and `slack.disconnect_sockets()` do so to Socket Mode, and `LocalSlack(now=…)` takes a clock,
so that half an hour passes in no time. `slack.connect_http(url)` speaks to an app by HTTP.

**Where to look.** `server.py` puts everything together. `web_api/` holds the methods, a file per family; `acts.py` and
`people.py` what people do, `ui.py` how the page asks for it; `interactions.py` the payloads; `sockets.py`,
`signed_http.py` and `delivery.py` the lines to apps; `events.py` who hears what; `views.py` modals and Homes;
`state.py` the database; `blockkit/` the validator. Not there: Enterprise Grid, Slack Connect, workflows, canvases,
lists, calls, streaming, and everything under `admin.`: those methods answer `unknown_method`.
"""

from bot.demo.slack.errors import PersonError
from bot.demo.slack.person import Person
from bot.demo.slack.rates import Rates
from bot.demo.slack.seed import Seed, SeedApp, SeedChannel, SeedPerson, Shortcut, SlashCommand, chorus_app, harbour
from bot.demo.slack.server import LocalSlack

__all__ = [
    "LocalSlack",
    "Person",
    "PersonError",
    "Rates",
    "Seed",
    "SeedApp",
    "SeedChannel",
    "SeedPerson",
    "Shortcut",
    "SlashCommand",
    "chorus_app",
    "harbour",
]
