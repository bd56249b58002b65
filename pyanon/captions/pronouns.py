"""Pronouns that agree with who is in the picture now."""

from __future__ import annotations

from pyanon.captions.tagging.tags import Tagged, listed

__all__ = ["FORMS", "PRONOUNS", "pronoun"]

#: Words for somebody who was spoken of -> gender.
PRONOUNS = {
    "he": "male", "him": "male", "his": "male", "himself": "male", "he's": "male", "he'll": "male",
    "she": "female", "her": "female", "hers": "female", "herself": "female", "she's": "female", "she'll": "female",
}  # fmt: skip
#: Form -> pronoun by the gender of whom they speak of; of nobody's, ``the person`` agrees with every verb.
FORMS = {
    "subject": {"female": "she", "male": "he", "": "the person"},
    "object": {"female": "her", "male": "him", "": "the person"},
    "own": {"female": "her", "male": "his", "": "their"},
    "owned": {"female": "hers", "male": "his", "": "theirs"},
    "self": {"female": "herself", "male": "himself", "": "themselves"},
    "is": {"female": "she's", "male": "he's", "": "the person's"},
    "will": {"female": "she'll", "male": "he'll", "": "the person will"},
}
_FORM_OF = {
    "he": "subject", "she": "subject", "him": "object", "his": "own", "hers": "owned", "himself": "self",
    "herself": "self", "he's": "is", "she's": "is", "he'll": "will", "she'll": "will",
}  # fmt: skip
_AFTER_OBJECT = listed("grammar.after_object")


def pronoun(tagged: Tagged, at: int, gender: str) -> str:
    """The form of a pronoun for another gender.

    Args:
        tagged: The caption.
        at: The pronoun's token.
        gender: ``female``, ``male``, or empty for nobody's.
    """
    word, after = tagged.words[at], tagged.word(at + 1) or "."
    form = _FORM_OF.get(word, "own")
    if word == "her" and after in _AFTER_OBJECT:
        form = "object"
    elif word == "his" and after in _AFTER_OBJECT - {"own"}:
        form = "owned"
    said = FORMS[form][gender]
    return (
        said.capitalize() if tagged.tokens[at].text[0].isupper() and not tagged.tokens[at].text[1:].isupper() else said
    )
