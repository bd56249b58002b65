"""What gives somebody away by the words it is said in: illnesses, features, towns with their states, roads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyanon.texts import Kind, Span

__all__ = ["told"]

_STATES = (
    r"Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois"
    r"|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri"
    r"|Montana|Nebraska|Nevada|New\ (?:Hampshire|Jersey|Mexico|York)|(?:North|South)\ (?:Carolina|Dakota)|Ohio"
    r"|Oklahoma|Oregon|Pennsylvania|Rhode\ Island|Tennessee|Texas|Utah|Vermont|(?:West\ )?Virginia|Washington"
    r"|Wisconsin|Wyoming|Ontario|Quebec|Alberta|Manitoba|Saskatchewan|Queensland|Tasmania|Victoria"
)
_SHORT = (
    r"Ala|Ariz|Calif|Colo|Conn|Fla|Ind|Mich|Minn|Mont|Neb|Nev|Okla|Penna?|Tenn|Wis|Wyo|Ont|Qu[eé]?|B\.C|N\.[HJMYCD]"
    r"|S\.[CD]|R\.I|W\.Va"
)
_CAPITAL = r"[^\W\d_a-z][\w'’.-]*"
_TOWN = rf"{_CAPITAL}(?:\ (?:(?:or|and|of|on|the|upon)\ )*{_CAPITAL}){{0,4}}"
#: Towns with their states, roads with their numbers, houses with their streets.
_PLACES = re.compile(
    rf"""
    \b{_TOWN},\ (?:{_STATES}|(?:{_SHORT}|Q[cC])\b\.?)(?!\w)         # Truth or Consequences, New Mexico
  | (?<=,\ )(?:[a-z]+,\ )?(?i:calif|colo|conn|fla|mich|minn|okla|tenn|wyo)\b\.?(?=[\s,.]|$)     # nice, calif.
  | (?<=\b[iI]n\ )(?i:[a-z]+,\ (?:calif|fla|n\.j)\b\.?)
  | \b(?i:[a-z]+\ (?:al|ak|az|ar|ca|co|ct|de|fl|ga|hi|ia|id|il|in|ks|ky|la|ma|md|me|mi|mn|mo|ms|mt|nc|nd|ne|nh|nj
      |nm|nv|ny|oh|ok|or|pa|ri|sc|sd|tn|tx|ut|va|vt|wa|wi|wv|wy)\ \d{{5}}(?:-\d{{4}})?)\b     # oshkosh wi 54901
  | \b(?i:(?:state\ |county\ |forest\ |us\ |farm\ )?(?:hwy|highway|county\ road|state\ road|rte|interstate
      |autobahn|autoroute
      |autostrada|motorway)\.?\ \d+[a-z]?)\b                         # county road 12
  | \b(?i:(?:gleis|bahnsteig|quai|andén|binario|spoor|stall|ward|gate|lot)\ \d+[a-z]?)\b     # stall 31
  | \b(?:[AMBEI]-?\d{{1,3}})(?=\ (?:near|outside|motorway|by)\b)      # the M6 near
  | \b\d{{1,3}}(?:st|nd|rd|th)\ (?:and|&|at)\ {_CAPITAL}             # 5th and Main
  | \b{_CAPITAL}\ (?:and|&)\ \d{{1,3}}(?:st|nd|rd|th)\b
  | \b\d+[½¼¾]\ {_CAPITAL}                                           # 1127½ Elm
  | \b\d+[a-zA-Z]?(?:\ (?i:bis|ter))?,?\ (?i:rue|avenue|allée|chemin|via|viale|calle|carrer|rua|ulica
      |ul\.)\ [\w'’-]+(?:\ {_CAPITAL})*
  | \b(?i:rue|calle|carrer|rua|av\.|avda\.?|ulica)(?:\ d[aeo]s?|\ del)?\ (?:{_CAPITAL}(?:\ {_CAPITAL})*
      |\d+)(?:,?\ \d+[a-zA-Z]?)?
  | \b(?i:(?:sw|se|nw|ne|[nswe])\ \d{{1,3}}(?:st|nd|rd|th)\ (?:ave?|st|street|avenue|terr?|ct|pl
      |dr))\b\.?  # sw 12th ave
  | \b\d+\ [a-z]+\ (?:dr|ct|ln|cres|pl|blvd|ave|rd|terr|pkwy|hwy)\b\.?       # 12 birchwood dr
  | \b(?i:maple|elm|oak|pine|cedar|walnut|chestnut|birch|spruce|willow|church|mill|washington
      |lincoln)\ (?i:street|avenue|lane|drive|road)\b
  | (?<=,\ )(?i:bad)\ (?:{_CAPITAL}|[a-z]{{4,}}(?=$))(?=[\s,.]|$)
  | \b(?i:lac|lago|praia|playa|plage|monte|puerto|porto|cerro)\ {_CAPITAL}
  | \b\d+º?\ (?:andar|piso|étage|stock|OG)\b
    """,
    re.VERBOSE,
)
_PARTS = r"hip|knee|heart|eye|back|brain|kidney|liver|lung|spine|spinal|shoulder|bowel|gallbladder|cataract|thyroid"
#: What somebody has or had, by the endings of medicine and the words that stand together.
_HEALTH = re.compile(
    rf"""
    \b\w{{2,}}(?:ectomy|ostomy|plasty|plegia|plegic|opathy|sclerosis|fibrosis|aemia|cemia|kemia|arthritis|chitis|citis
      |gitis|litis|titis|osteoporosis|ophrenia|emphysema)\b                  # tonsillectomy
  | \b(?:multiple|cystic|muscular|motor|cerebral|sickle|chronic|bipolar)\ (?:sclerosis|fibrosis|dystrophy|neurone?|palsy
      |cell|fatigue|pain|disorder)(?:\ (?:disease|anaemia|anemia))?\b
  | \b(?:{_PARTS})\ (?:operation|surgery|replacement|transplant|attack|failure|condition|trouble|disease|bypass
      |defect)\b
  | \b(?:torn|ruptured|sprained|pulled|fractured|dislocated)\ (?:\w+\ )?(?:ligaments?|acl|hamstring|achilles
      |tendon|muscle
      |cartilage|meniscus|ankle|wrist|hip|leg|arm|collarbone|shoulder)\b
  | \b(?:diabetic|epileptic|asthmatic|allergic)\ (?:\w+ic\ )?(?:collapse|coma|seizure|fit|attack|shock|reaction
      |episode)\b
  | \b(?:chicken-?pox|measles|mumps|shingles|scarlet\ fever|whooping\ cough|tonsillitis|bronchitis|appendicitis|sepsis
      |vertigo|tinnitus|glaucoma|cataracts|hernia|anaphylaxis|angina|gout|sciatica|endometriosis|vitiligo|albinism
      |tourette'?s?|postpartum|dyspraxia|aphasia|agoraphobia)\b
  | \b(?:nearly|almost|partially|legally|totally|going|profoundly|born)\ (?:blind|deaf|mute)\b
  | \b(?:lost|losing)\ (?:his|her|their)\ (?:sight|hearing|hair\ to|leg|arm|voice|memory)\b
  | \bin\ (?:a\ )?(?:remission|recovery|rehab|coma)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TEETH = r"tooth|teeth|incisors?|canines?"
#: What somebody is known by.
_FEATURES = re.compile(
    rf"""
    ,?\ (?:best\ |well\ |instantly\ |easily\ )?(?:known|famous|recogni[sz]able|unmistakable|identifiable|recogni[sz]ed)
      \ (?:for|by|with|from)\ (?:his|her|their|the)\ [^,.;:()]{{1,40}}(?=[,.;:()])     # known for her braids,
  | \b(?:a\ |the\ )?(?:gold|silver|missing|chipped|crooked|false|broken|buck)\ (?:front\ |back\ |upper\ )?(?:{_TEETH})\b
  | \b(?:a\ |the\ )?gap\ (?:between|in)\ (?:his|her|their|the)\ (?:two\ )?(?:front\ |upper\ )?(?:{_TEETH})\b
  | \b(?:a\ )?(?:\w+\ ){{1,3}}shaved\ into\ (?:his|her|their|the)\ (?:hair|head|beard|sides?|eyebrows?)\b
  | \b(?:his|her|their)\ hair\ (?:is\ )?(?:dyed|bleached|coloured|colored|shaved
      |braided\ in)\ [^,.;:()]{{1,20}}(?=[,.;:()]|$)
  | \bhair\ dyed\ \w+(?:\ and\ \w+)?
  | \b(?:a\ |two\ )?(?:hearing[\ -]aids?|cochlear\ implants?|glass\ eye|eye[\ -]?patch|port-?wine\ stains?
      |cauliflower\ ears?
      |hare\ ?lip|insulin\ pump|feeding\ tube|oxygen\ tube|peg\ leg|artificial\ (?:leg|arm|hand)|widow's\ peak
      |lazy\ eye)\b
  | \b(?:\w+\ )?mutton[\ -]chops\b | \bhandlebar\ m(?:o)?ustache\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FAITHS = re.compile(
    r"""
    \b(?:Old\ Order|Greek|Russian|Eastern|Serbian|Ukrainian|Romanian|Syriac|Coptic|Roman|Reform|Ultra|Modern|Sunni|Shia)
      [\ -](?:Orthodox|Catholic|Amish|Mennonite|Jew(?:ish)?|Muslim)\b
  | \b(?:Seventh-day\ Adventist|Latter-day\ Saint|Jehovah's\ Witness(?:es)?|born-again(?:\ Christian)?|Hare\ Krishna)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
#: A firm by what its name ends with: ``Velours & Co``, ``Bubba's Feed & Seed``.
_FIRMS = re.compile(
    rf"""
    \b{_CAPITAL}(?:\ {_CAPITAL}){{0,2}}\ (?:&|and)\ (?:Co|Sons?|Daughters?|Bros|Brothers|Partners|Associates)\b\.?
  | \b[A-Z]\w+['’]s\ [A-Z]\w+(?:\ [A-Z]\w+)?\ &\ [A-Z]\w+
    """,
    re.VERBOSE,
)
_FUNCTIONS = re.compile(
    r"(?<=,\ )(?:the\ )?(?:deputy\ |vice[- ]|assistant\ |former\ )?(?:head|director|chief|manager|president|minister"
    r"|secretary|dean|chair|professor|vice-president|vp|curator)\ (?:of|for)\ (?:\w+\ ){0,2}?\w+(?=\ (?:at|of"
    r"|for|in)\b|[,.)]|$)"
)
_ALL: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (_PLACES, "place"), (_HEALTH, "health"), (_FEATURES, "description"), (_FAITHS, "religion"), (_FIRMS, "employer"),
    (_FUNCTIONS, "title"),
)  # fmt: skip


def told(text: str) -> Iterator[Span]:
    """What gives somebody away by the words it is said in.

    Args:
        text: A caption.
    """
    for pattern, kind in _ALL:
        for match in pattern.finditer(text):
            yield Span(*match.span(), kind, "words")
