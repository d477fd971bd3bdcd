"""Everything held on one person, as files to take away (Art. 15 and 20 GDPR).

holding.py    what is held, as plain values; schema.json says what they mean
spooling.py   many of them on disk, so that every format shows one state and memory use stays flat
formats.py    JSON and CSV
pages.py      the same to be read: HTML and README.txt
writing.py    one zip, or one file, as a stream
jobs.py       a copy that is made in the background and fetched once
"""

from dashboard.exporting.jobs import Standing, fetch, give_up, make, newest, order, standing
from dashboard.exporting.writing import AT_ONCE, FILE_NAME, write, write_csv, write_json

__all__ = [
    "AT_ONCE",
    "FILE_NAME",
    "Standing",
    "fetch",
    "give_up",
    "make",
    "newest",
    "order",
    "standing",
    "write",
    "write_csv",
    "write_json",
]
