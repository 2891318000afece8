"""What messages: the gate, the outbox and the ways out is made of."""

from __future__ import annotations

from tenure.core.slices import Command, NavEntry, SettingsTab, Slice, Tick, Urls

SLICE = Slice(
    name="messages",
    package="tenure.channels",
    policies=("periodic_tasks.documents",),
    ticks=(
        Tick("messages", "periodic_tasks.tick", 2.0),
        Tick("messages_tidy", "periodic_tasks.tidy", 3600.0),
    ),
    handlers={"refusals": ("moving_in.on_refusals",)},
    sweep="moving_in.sweep",
    erasure=("erasing.PART",),
    urls=(
        Urls("messages/", "pages.urls"),
        Urls("settings/endpoints/", "pages.settings_urls"),
        Urls("settings/mail/", "mail.pages.settings_urls"),
        Urls("settings/in-app/", "in_app.pages.settings_urls"),
        Urls("mail-events/", "mail.pages.urls"),
        Urls("in-app/v1/", "in_app.pages.urls"),
        Urls("m/", "pages.public_urls"),
    ),
    commands=(
        Command(
            "mail", "mail.cli", "How mails leave, a test mail, and bounces from a mailbox.", 230
        ),
    ),
    navigation=(NavEntry("Messages", "mail", "/messages/", "messages.view", 150),),
    settings_tabs=(
        SettingsTab("Endpoints", "settings_endpoints", "endpoints.manage", 30),
        SettingsTab("Mail", "settings_mail", "endpoints.manage", 40),
        SettingsTab("In the product", "settings_in_app", "keys.manage", 60),
    ),
    doctor={"mail": "doctor.way", "push": "doctor.push"},
)
