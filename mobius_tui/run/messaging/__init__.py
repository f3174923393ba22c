"""Messages to people outside of a run: channels, payloads, webhooks, the outbox.

Their state is in `state/deliveries`; intents about them in `intents/`.
"""
