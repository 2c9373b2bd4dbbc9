"""The types of AlertProviders, and how each is told."""

from __future__ import annotations

from collections.abc import Mapping

from automation.questions.alerts import alertmanager, gchat, mail, msteams, slack, webhook
from automation.questions.alerts.message import Channel
from automation.questions.alerts.posting import post

CHANNELS: Mapping[str, Channel] = {
    "slack": Channel(slack.send),
    "msteams": Channel(post(msteams.payload)),
    # Discord takes Slack's messages there (Discord, Webhook Resource: Execute Slack-Compatible Webhook).
    "discord": Channel(post(slack.attachments("good", "danger"), "/slack")),
    "rocket": Channel(post(slack.attachments("#0076D7", "#FF0000"))),
    "gchat": Channel(post(gchat.payload)),
    "alertmanager": Channel(post(alertmanager.payload, alertmanager.PATH), resolves=True),
    "webhook": Channel(webhook.send),
    "email": Channel(mail.send),
}
