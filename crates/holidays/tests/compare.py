"""Compares every date of this crate with the package `holidays` of PyPI, for each country, county and year.

Reads a file of what `cargo run -p holidays --example dates` prints. A date that only one of the two has must stand in
`differences.txt`, where each has its reason; one that stands there and is no difference is an error too."""

import pathlib
import re
import sys

import holidays

YEARS = range(2000, 2051)
# The counties that the crate knows; see its documentation for those that it leaves out.
COUNTIES = {
    "DE": "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH".split(),
    "FR": ["57", "6AE"],
    "GB": ["ENG", "NIR", "SCT", "WLS"],
    "IT": ["BZ"],
}
LISTED = re.compile(r"([A-Z]{2}(?:-\w+)?) (\d{4}-\d\d-\d\d) (ours|theirs)")


def ours():
    found = {}
    for line in pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        place, date = line.split()
        found.setdefault(place, set()).add(date)
    return found


def theirs(country, county=None):
    return {str(date) for date in holidays.country_holidays(country, subdiv=county, years=YEARS)}


def main():
    dates = ours()
    countries = sorted(place for place in dates if "-" not in place)
    if len(countries) != 12:
        sys.exit(f"twelve countries are to be compared, not {len(countries)}")
    found, compared = set(), 0
    for country in countries:
        whole = dates[country]
        places = [(country, whole, theirs(country))]
        for county in COUNTIES.get(country, []):
            name = f"{country}-{county}"
            # Only what the county has beyond the country: the whole country is compared above.
            other = theirs(country, county) - theirs(country)
            places.append((name, dates.pop(name, set()) - whole, other - whole))
        for place, mine, other in places:
            compared += len(mine | other)
            found |= {(place, date, "ours") for date in mine - other}
            found |= {(place, date, "theirs") for date in other - mine}
        dates.pop(country)
    if dates:
        sys.exit(f"counties that are not compared: {', '.join(sorted(dates))}")
    text = pathlib.Path(__file__).with_name("differences.txt").read_text(encoding="utf-8")
    listed = {found.groups() for found in map(LISTED.match, text.splitlines()) if found}
    for place, date, whose in sorted(found - listed):
        print(f"{place} {date} only in {whose}: mend the rule, or list it in differences.txt with the reason")
    for place, date, whose in sorted(listed - found):
        print(f"{place} {date} {whose}: stands in differences.txt and is no difference")
    if found != listed:
        sys.exit(1)
    print(
        f"{compared} dates of {len(countries)} countries compared with holidays {holidays.__version__}: "
        f"{len(found)} differ, each listed with its reason"
    )


main()
