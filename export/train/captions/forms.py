"""How private captions say who somebody is: forms with slots, by what they stand in place of.

``{np}`` is the person as the caption has them, with the article; ``{det}`` and ``{bare}`` are its parts. A form without
any of these stands for the person alone. What else is in a form is private, and vanishes.
"""

from __future__ import annotations

import re

__all__ = ["AGES_SAID", "AT_END", "BEFORE", "BELONGING", "CONTACTS", "KEEPING", "MANY", "NAMES", "NAMING", "SENTENCES", "SITES", "WITH", "slots"]

#: Names of one person.
NAMES = (
    "{first}", "{first}", "{first} {last}", "{first} {last}", "{first} {last}", "{first} {last}", "{first} {initial} {last}",
    "{initial} {last}", "{initial}{initial} {last}", "{first} {last}-{last}", "{first} {first} {last}", "{mr} {last}",
    "{mr} {last}", "{mr} {first} {last}", "{dr} {last}", "{dr} {first} {last}", "{first} \"{nick}\" {last}", "{first} {last} Jr.",
    "{first} ({nick}) {last}", "{first} de {last}", "{first} van {last}", "{first} {initial}", "{foreign}", "{last}",
    "{first} O'{last}", "{first} Mc{last}", "{first} {last} III", "{nick}", "little {first}", "old {mr} {last}",
)  # fmt: skip
#: How old somebody is, as it is put after them.
AGES_SAID = (
    "{years}", "{years}", "{years}", "aged {years}", "age {years}", "{years} years old", "{years} years of age", "{years} yrs old",
    "who is {years}", "who just turned {years}", "who will be {years} in {month}", "{spelled}", "aged {spelled}",
    "now {years}", "born in {born}", "almost {years}", "{years} y/o", "a {years}-year-old", "(b. {born})", "turning {years} today",
    "who turned {years} last week", "celebrating {poss} {ordinal} birthday", "{spelled} years old", "in {poss} {decade}s",
)  # fmt: skip
#: Forms that stand for one person alone.
NAMING = (
    *["{name}"] * 14, *["{name}, {aged},"] * 5, *["{name} ({years})"] * 2, "{years}-year-old {name}", "{years}-year-old {name}",
    "{spelled}-year-old {name}", "{name}, {years}, from {town},", "{name}, {years}, of {town},", "{name} of {town}",
    "{name} from {town}", "{name} from {town}, {country}", "{name}, {a} {job},", "{name}, {a} {job} at {firm},",
    "{name}, {years}, {a} {job} from {town},", "{name}, who works for {firm},", "{name}, {job} at {firm},", "{job} {name}",
    "{name}, the {job} of {firm},", "local {job} {name}", "our {job} {name}", "our {job}, {name},", "{firm} {job} {name}",
    *["my {kin}"] * 4, *["my {kin} {name}"] * 6, *["{owner} {kin}"] * 4, *["{owner} {kin} {name}"] * 4, "{owner} {kin}, {name},",
    "my {kin}, {name},", "my {kin} {name}, {aged},", "my {kin} {name}, {aged},", "{owner} {kin} {name} ({years})",
    "my {years}-year-old {kin}", "my {years}-year-old {kin} {name}", "{owner} {kin} from {town}", "my {nation} {kin}",
    "{other}'s {kin}", "{other}'s {kin}", "{other}'s {kin} {name}", "the {kin} of {other}", "{name}, {other}'s {kin},",
    "{name}, my {kin},", "{name}, {owner} {kin},", "{name} (my {kin})", "{name}, {a} {kin} of {other},", "{a} {kin} of {owner} {kin}",
    "{name} ({handle})", "{name} ({mail})", "{handle}", "{name}, {phone},", "{name}, ID {id},", "{name} (passport {id})",
    "{name}, who lives at {address},", "{name}, who lives on {street},", "{name}, of {address},", "{name}, resident of {town},",
    "{nation} {job} {name}", "{name}, {a} {faith} from {town},", "{name}, who has {ill},", "{name}, who suffers from {ill},",
    "{name}, who is {is_ill},", "{name}, {a} {nation} {job},", "{name}, recognisable by {mark},", "{name}, with {mark},",
    "{name}, aka {nick},", "{name} with {hair}", "{name}, my {kin} from {town},", "{name}'s {kin}", "someone called {name}",
    "{years}-month-old {first}", "{first}, {years} months old,", "{name}, {aged}, of {street},", "{name} {years}",
    "{name}, {a} retired {job},", "{name}, {a} single parent from {town},", "{a} certain {name}", "a guy named {name}",
    "{name}, born {date},", "{name} (born {date})", "{name}, number {small} of {firm},", "{name} - my {kin} -",
    "{name} -- {years} --", "{town}'s {name}", "{firm}'s {name}", "{nation}-born {name}", "{mr} {last} from {firm}", "{owner} {kin} and namesake {name}",
)  # fmt: skip
#: Forms that keep the words for one person.
KEEPING = (
    *["{np} named {name}"] * 4, "{np} called {name}", "{np} known as {name}", "{np} ({name})", "{np} ({name}, {years})",
    *["{np}, {name},"] * 3, "{np}, {name}, {years},", "{np} identified as {name}", *["{np}, {aged},"] * 3, "{np} ({years})",
    *["{det} {years}-year-old {bare}"] * 5, "{det} {years} year old {bare}", "{det} {spelled}-year-old {bare}",
    "{det} {years}yo {bare}", "{det} {bare} of {years}", "{det} {bare} aged {years}", *["{np} from {town}"] * 3,
    "{np} from {town}, {country}", "{np} of {address}", "{np} who lives in {town}", "{np} who lives at {address}",
    "{np} who works for {firm}", "{np} who works at {firm}", "{np} from {firm}", "{np} employed by {firm}", "{np}, {a} {job},",
    "{np}, {a} {job} at {firm},", "{np} with {mark}", "{np} with {mark}", "{np} with {hair}", "{np} with {hair}", "{np} with {ill}",
    "{np} who has {ill}", "{np} living with {ill}", *["{det} {nation} {bare}"] * 3, *["{det} {faith} {bare}"] * 2,
    "{det} {is_ill} {bare}", "{det} {nation} {bare} from {town}", "{det} {nation} {bare} named {name}", "{np} ({handle})",
    "{np} ({phone})", "{np}, phone {phone},", "{np}, {mail},", "{np} with the ID {id}", "{np}, my {kin},", "{np}, {owner} {kin} {name},",
    "{np} (my {kin} {name})", "{np}, {other}'s {kin},", "{np} named {name} from {town} who works for {firm}",
    "{np} named {name}, {years},", "{np}, {name} from {town},", "{np}, later identified as {name},", "{np}, probably {name},",
    "{np} whose name is {name}", "{np} whose badge says {name}", "{np}, born in {town},", "{np} who was born in {born}",
    "{np}, believed to be {name}, {years},", "{np} - {name} -", "{np} registered as {id}", "{det} {bare} from {nation_land}",
    "{det} {firm} {bare}", "{det} {town} {bare}", "{np} who goes to {school}", "{np}, {a} {faith},",
)  # fmt: skip
#: Forms for several people; with ``{np}`` or without.
MANY = (
    "{first} and {first}", "{first} and {first} {last}", "{first} {last} and {first} {last}", "{first}, {first} and {first}",
    "my {kins}", "{owner} {kins}", "my {kins} {first} and {first}", "{other}'s {kins}", "the {last} family", "the {last}s",
    "{np} ({first} and {first})", "{np}, {first} and {first} {last},", "{np} from {town}", "{np} from {firm}", "{np} of {school}",
    "{det} {nation} {bare}", "{det} {faith} {bare}", "{np} named {first} and {first}", "{np} from {town}", "my {kins} from {town}",
    "{np}, all from {town},", "{np}, {first}, {first} and {first},", "{np}, both {years},", "{det} {years}-year-old {bare}",
)  # fmt: skip
#: What follows a person, and what is left of it.
WITH = (
    ("in {a} {colour} {garment}", "in {a} {garment}"), ("in {a} {colour} {garment}", "in {a} {garment}"),
    ("wearing {a} {colour} {garment}", "wearing {a} {garment}"), ("in {colour} {garments}", "in {garments}"),
    ("wearing {colour} {garments}", "wearing {garments}"), ("dressed in {a} {colour} {garment}", "dressed in {a} {garment}"),
    ("with {a} {colour} {garment}", "with {a} {garment}"), ("in {poss} {colour} {garment}", "in {poss} {garment}"),
    ("wearing {a} {colour} {garment} and {colour} {garments}", "wearing {a} {garment} and {garments}"),
    ("in {colour}", ""), ("with {hair}", ""), ("dressed in {colour}", ""), ("who has {hair}", ""), ("with {mark}", ""),
    ("in {a} {garment}", "in {a} {garment}"), ("in glasses", "in glasses"), ("wearing glasses", "wearing glasses"),
)  # fmt: skip
#: What stands before a caption and goes.
BEFORE = (
    "{town}: ", "{name}: ", "{town}, {country} - ", "Photo: {name}. ", "In {town}, ", "From my {kin}: ", "{date}, {town}: ",
    "On {street}, ", "Meet {name}! ", "Near {town}, ", "IMG_{id}: ", "Seen in {town}: ", "{name} writes: ", "{town}. ",
    "At {firm}, ", "({name}) ", "[{town}] ", "This is my {kin} {name}. ", "Taken by {name}: ", "{handle}: ", "Back in {town}: ",
)  # fmt: skip
#: What stands at the end of a caption and goes.
AT_END = (
    *[" in {town}"] * 4, " at {address}", " near {town}", " outside {firm}", ", {town}",
    ", {town}, {country}", " ({town})", " in {town}, {country}", ", photographed by {name}", ", taken by {name}", " (photo: {name})",
    " at {firm}", " in front of {firm}", " at {school}", ", {date}", " on {date}", ", photo by {name}", " #{tag}", " via {handle}",
    " at the {firm} office", " downtown {town}", " at {street} {small}", " (credit: {name}/{firm})", " / {name}",
    " by {name} of {firm}", " behind {address}", " - {name}", " with {handle}", " close to {town}", " {url}",
)  # fmt: skip
#: Named places at the end of a caption, and what is said instead.
SITES = (
    (" on {named}", " on {site}"), (" in {named}", " in {site}"), (" at {named}", " at {site}"), (" near {named}", " near {site}"),
    (" at {named}", " at {site}"), (" at the {named}", " at {site}"), (" outside {named}", " outside {site}"),
    (" in front of the {named}", " in front of {site}"), (" on {named} in {town}", " on {site}"), (" at {named}, {town}", " at {site}"),
    (" on {road}", " on {site}"), (" on {road}", " on {site}"), (" along {road}", " along {site}"), (" on {road}, {town}", " on {site}"),
    (" across from {named}", " across from {site}"), (" by {named}", " by {site}"), (" on {road} in {town}", " on {site}"),
)  # fmt: skip
#: What a caption of things is given to belong to, and what is left; ``{mention}`` is somebody.
BELONGING = (
    " with {mention}", " next to {mention}", " belonging to {mention}", " owned by {mention}", " beside {mention}",
    " while {mention} watches", " made by {mention}", " in front of {mention}", " near {mention}", " for {mention}",
    " at {mention}'s house", " in {mention}'s kitchen", " and {mention}", " behind {mention}", " as {mention} looks on",
    " in {mention}'s garden", " on {mention}'s desk", " held by {mention}", " that {mention} bought", " and {mention}'s bag",
)  # fmt: skip
#: Ways to reach somebody, as a sentence says them.
CONTACTS = (
    "Contact: {mail}.", "Call {phone}.", "Phone: {phone}.", "Mail {mail} for prints.", "Follow {handle}!", "More at {url}.",
    "Contact {first} at {mail}.", "Reach {obj} at {phone} or {mail}.", "DM {handle}.", "Tel. {phone}", "WhatsApp {phone}.",
    "Email: {mail}", "See {url}", "Info: {mail}, {phone}.", "Her number is {phone}.", "Text {first} on {phone}.",
)  # fmt: skip
#: Sentences that go.
SENTENCES = (
    *CONTACTS, "Photo by {name}.", "Photo: {name}/{firm}.", "Photo credit: {name}.", "Picture taken by my {kin} {name}.",
    "Image courtesy of {name}, {town}.", "Credit: {handle}.", "{Subj} lives at {address}.", "{Subj} lives in {town}.",
    "{Subj} works for {firm}.", "{Subj} is {years}.", "{Subj} turned {years} last week.", "{Subj} is from {town}.",
    "{Poss} name is {name}.", "{Subj} is my {kin}.", "{Subj} has {ill}.", "{Subj} is {a} {job} at {firm}.", "© {name} {year}",
    "My {kin} {name} took this.", "Taken on {street}, {town}.", "{town}, {date}.", "ID {id}.", "Ticket no. {id}.",
    "{Subj} was born on {date}.", "{Subj} is {a} {nation} {job}.", "Licence plate {id}.", "{Subj} goes to {school}.",
    "{Poss} passport number is {id}.", "Happy birthday {first}!", "Love you, {first}!", "#{tag} #{tag}", "Thanks to {name} for the photo.",
    "{Poss} {kin} {name} is not in the picture.", "Posted by {handle}.", "{Subj} speaks {nation}.", "Shot in {town} for {firm}.",
    "{name} is {years} years old.", "Camera: {name}, {town}.", "{Subj} is {a} devout {faith}.", "Account {id}.",
)  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")


def slots(form: str) -> list[tuple[str, str]]:
    """A form as what is said and which slot comes after it; the last has none."""
    found, at = [], 0
    for slot in _SLOT.finditer(form):
        found.append((form[at : slot.start()], slot[1]))
        at = slot.end()
    return [*found, (form[at:], "")]
