"""Privacy requests: what a person may ask for, how it goes on, and until when it must be answered.

codes.py    kinds, channels, identity checks, and the articles that refuse or hold
states.py   the states of a request and the verbs between them
clock.py    the lawful clock: due dates, extension, urgency

These three decide and fetch nothing: no Django, no database.
"""
