"""Reads .ics files with the PyPI package icalendar, which knows nothing of us, and prints what it found as JSON."""

import json
import sys

from icalendar import Calendar

calendar = Calendar.from_ical(open(sys.argv[1], "rb").read())
# RFC 5545, section 3.6: there has to be at least one component.
missing = [] if calendar.subcomponents else ["the calendar has no component"]
broken = missing + [f"{name}: {why}" for part in calendar.walk() for name, why in part.errors]
print(
    json.dumps(
        {
            "version": str(calendar["VERSION"]),
            "broken": broken,
            "events": [
                {
                    "uid": str(event["UID"]),
                    "name": str(event["SUMMARY"]),
                    # A floating time has no zone.
                    "start": event["DTSTART"].dt.isoformat(),
                    "end": event["DTEND"].dt.isoformat() if "DTEND" in event else None,
                    "place": str(event.get("LOCATION", "")),
                    "stamped": event["DTSTAMP"].dt.tzinfo is not None,
                }
                for event in calendar.walk("VEVENT")
            ],
        }
    )
)
