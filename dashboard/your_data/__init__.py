"""The person's own pages: how they come in, what they may do at once, what they ask for.

tokens.py     what a host application signed: pure
sessions.py   a visit, in a cookie of its own; refusals.py: who was not let in
acts.py       what acts at once, what opens a request: settings
asking.py     requests that the person opens
intake.py     requests without an account; intake_rules.py decides, intake_mail.py writes
wording.py    states and results in the person's words, translated
branding.py   name, logo, colours and contact of the controller
"""
