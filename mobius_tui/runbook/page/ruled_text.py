"""The sentences of one text together: which of its conditions the code below is for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mobius_tui.runbook.page.lead_sentences import (
    BEFORE,
    SENTENCE,
    is_instruction,
)
from mobius_tui.runbook.page.sentence_rules import (
    CHANGES_NOTHING,
    ELSEWHERE,
    EXAMPLE,
    IF,
    OTHER_VALUE,
    TOLD_RULES,
    RuledSentence,
    SentenceRule,
    is_effect,
    ruled,
)
from mobius_tui.structs import replace

_PARTS = re.compile(
    rf"(?:,? but|;(?: however,?)?) (?={IF}[^,.;:]+,\s)|"
    r"(?<=\w)[,;] (?=(?:and |or |but )?(?:otherwise|if not)\b[^.]*:$)",
    re.IGNORECASE,
)
"""Where a sentence with a condition of its own begins within another."""
_THE_SAME = re.compile(r"\bthe same\b", re.IGNORECASE)
_BELOW = re.compile(
    r"\b(?:following|below) (?:\w+ )?(?:commands?|steps?|scripts?)\b|"
    r"\b(?:commands?|steps?|scripts?) below\b|^in (?:this|the following) example\b",
    re.IGNORECASE,
)
"""How a sentence introduces the commands below its text, though others follow it."""
_CONTRARY = re.compile(
    r"(?:however|but|by default|alternatively|in addition|now|in this example)\b|"
    r"(?:for|with|on|using) (?!example|instance|this|that|these|those|more|details)"
    r"(?:the )?[\w-]+(?: [\w-]+)?, ",
    re.IGNORECASE,
)
"""How a sentence begins that is no consequence of the one before."""
_BESIDE = re.compile(
    rf"{BEFORE}(?:see|refer|note|for (?:more|details|other)|remember|more (?:details|"
    r"information)|read|(?:keep|bear) in mind|be (?:aware|careful))\b|"
    r"you(?:['’]ll| will| should| may| might) (?:\w+ )?(?:be|see|get)\b",
    re.IGNORECASE,
)
"""A sentence that says nothing of what is done."""
_BACK = re.compile(
    r"\b(?:this|that|these|those|such|it|them|so|there (?:are|is))\b",
    re.IGNORECASE,
)
"""What refers to the sentence before: `You can do this by running:`."""
_THEN = re.compile(
    r"\b(?:in (?:this|that|such(?: an?)?) case|(?:these|those|this|that) [^.]*"
    r"\b(?:needs?|must|should|ha(?:s|ve) to))\b",
    re.IGNORECASE,
)
"""What says of an effect what is to be done about it."""
_GOES_WRONG = re.compile(
    r"\b(?:not|fail\w*|reject\w*|cannot|errors?|refused?|denied|blocked|lost)\b|n['’]t\b",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:\{?(?:note|info|tip|hint|warning|caution|important)\}?|n\.?b\.?)\b",
    re.IGNORECASE,
)
_PRINTS = re.compile(r"\b(?:displays?|shows?|prints?|returns?)\b", re.IGNORECASE)
_MAYBE = re.compile(
    r"\b(?:may|might|could|probably|likely|possibly|suggests|indicates|means)\b",
    re.IGNORECASE,
)
"""How a cause is guessed at: what is done about it follows."""
_LOOKS = re.compile(
    rf"{BEFORE}(?:(?:in order )?to )?(?:check|verify|see|list|view|show|display|find|"
    r"determine|inspect|confirm)\b",
    re.IGNORECASE,
)
_PURPOSE = re.compile(r"(?:in order )?to [a-z]+\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][a-z]{3,}|[A-Z]{3,}")
_MAY_GIVE = re.compile(
    r"\b(?:you|we) (?:can|may|could) (?:also |additionally )?(?:give|specify|pass|"
    r"provide|name|choose|pick|select|set) ((?:an?|the|your|its|another|other)\b.+)",
    re.IGNORECASE,
)
"""A consequence that offers a value, with a comma before it or none:
`you can give a version`."""
_LATER = re.compile(
    r"\b(?:after this point|later|afterwards|in (?:the )?future|at some point)\b",
    re.IGNORECASE,
)
"""A condition of what comes after the code, which is run in any case."""
_MAY_NARROW = re.compile(
    r"\b(?:you|we) (?:can|may|could) (?:also )?(?:exclude|limit|restrict|"
    r"filter|omit)\b.*\b(?:flags?|options?|labels?|parameters?)\b",
    re.IGNORECASE,
)
"""A consequence that only gives more options to what was told before."""
_LETTERS = re.compile(r"[a-z]{3,}", re.IGNORECASE)
_COMMON_NAMES = """
also command commands following using with this that these those your their need needs
want have will would should could might must example below when then only from into
here there them they been were some each other make sure like used uses more execute
just enter type issue apply perform once again first next terminal shell console line
lines
"""
_COMMON = frozenset(_COMMON_NAMES.split())
_STEM = 5
"""Letters of a word that are compared: `install` is `installation`."""


def sentences_of(
    text: str, *, is_before_code: bool = False, code: str = ""
) -> list[RuledSentence]:
    """The sentences of a text, each with its rule.

    Args:
        text: a paragraph, an item or a heading.
        is_before_code: whether code or steps stand directly below it, which its last
            sentence introduces, with a colon or without.
        code: that code, if it is known.
    """
    found = [ruled(each) for each in _rows(text)]
    if is_before_code or text.endswith(":"):
        _rule_last_condition(found, code)
    else:
        found = [_within(each, found, at) for at, each in enumerate(found)]
    for at, each in enumerate(found):
        is_told = any(not one.rule and is_instruction(one.text) for one in found[:at])
        if is_told and each.rule == "condition" and ELSEWHERE.match(each.consequence):
            found[at] = replace(each, rule="remark")
    return found


def told_rule(text: str) -> SentenceRule:
    """The rule by which what a text introduces is no step; empty if there is none."""
    *_, last = ("", *(each.rule for each in sentences_of(text)))
    return last if last in TOLD_RULES else ""


def is_note(text: str) -> bool:
    """Whether a text calls itself a note, which stands beside what is before it."""
    return _NOTE.match(text) is not None


def _rows(text: str) -> list[str]:
    """The sentences, and the parts of them that have a condition of their own."""
    rows: list[str] = []
    for row in SENTENCE.split(" ".join(text.split())):
        parts = _PARTS.split(row) if len(row) <= 600 else [row]
        if _THE_SAME.search(row) or any(map(_has_open_bracket, parts)):
            parts = [row]
        rows += [each.strip() for each in parts if each.strip()]
    return rows


def _has_open_bracket(text: str) -> bool:
    return text.count("(") != text.count(")")


def _within(
    sentence: RuledSentence, sentences: Sequence[RuledSentence], at: int
) -> RuledSentence:
    """The sentence at an index beside the others of its text.

    A condition whose consequence is complete in its sentence is a remark where another
    instruction follows in the text; so is `Otherwise` behind a remark.
    """
    if sentence.leads:
        return sentence
    before, later = sentences[:at], sentences[at + 1 :]
    if sentence.rule == "otherwise" and before and before[-1].rule == "remark":
        return replace(sentence, rule="remark")
    others = (each for each in later if not each.rule and is_instruction(each.text))
    if sentence.rule in ("condition", "failure") and any(others):
        return replace(sentence, rule="remark")
    return sentence


def _rule_last_condition(sentences: list[RuledSentence], code: str) -> None:
    """Let the last condition of a text be about the code below, or be a remark.

    Which of the two is told by the sentences behind it: by what they refer to.
    """
    at = next(
        (at for at in reversed(range(len(sentences))) if _may_ask(sentences[at])), None
    )
    if at is None:
        return
    condition = sentences[at]
    later = [each for each in sentences[at + 1 :] if not _is_beside(each)]
    leads = [each for each in later if _introduces(each)]
    is_later = _LATER.search(condition.clause) and not condition.text.endswith(":")
    is_more = _MAY_NARROW.search(condition.text) and any(
        not each.rule and is_instruction(each.text) for each in sentences[:at]
    )
    is_beside = is_later or is_more or any(map(_is_contrary, later))
    if is_beside or _is_led_before(condition, sentences[:at]):
        sentences[at] = replace(condition, rule="remark")
    elif _BELOW.search(condition.clause) is not None and not leads:
        sentences[at] = replace(condition, is_after_look=True)
    elif condition.leads or not leads:
        if condition.rule == "remark" and _runs_what_is_named(condition, code):
            sentences[at] = replace(condition, rule="condition", leads=True)
        elif _is_only_offered(condition, code):
            sentences[at] = replace(condition, rule="remark")
        elif condition.rule == "remark":
            sentences[at] = ruled(condition.text, leads=True)
    elif _is_looked_at(condition, leads[-1]):
        rule: SentenceRule = condition.rule if condition.asks else "condition"
        sentences[at] = replace(condition, rule=rule, is_after_look=True)
    elif not _reaches(condition, leads):
        sentences[at] = replace(condition, rule="remark")
    elif condition.rule == "remark":
        sentences[at] = replace(condition, rule="condition", leads=True)


def _runs_what_is_named(condition: RuledSentence, code: str) -> bool:
    """Whether code runs the program that a condition names: `If you use a-tool, …`."""
    words = code.lstrip("$ ").split(maxsplit=1)
    program = words[0].rsplit("/", 1)[-1] if words else ""
    return "-" in program and program in condition.clause


def _is_only_offered(condition: RuledSentence, code: str) -> bool:
    """Whether a condition only says what a reader may give, and the code gives none.

    `If you install from a repository you can give a version.`
    """
    offer = _MAY_GIVE.search(condition.text)
    if offer is None or not code or condition.text.endswith(":"):
        return False
    return not _stems(offer[1]) & {word[:_STEM] for word in _LETTERS.findall(code)}


def _introduces(sentence: RuledSentence) -> bool:
    """Whether a sentence may introduce the code below it."""
    is_told = sentence.leads or sentence.rule == "goes-on"
    return is_told or is_instruction(sentence.text)


def _is_contrary(sentence: RuledSentence) -> bool:
    """Whether a sentence is no consequence of the one before it."""
    is_other = _CONTRARY.match(sentence.text) is not None
    return is_other or sentence.rule in CHANGES_NOTHING


def _may_ask(sentence: RuledSentence) -> bool:
    """Whether a sentence has a condition that may be about what follows it."""
    return sentence.asks or (sentence.rule == "remark" and bool(sentence.clause))


def _is_led_before(condition: RuledSentence, earlier: Sequence[RuledSentence]) -> bool:
    """Whether a sentence before a condition introduces the code, and not the condition.

    It says `the following command`, or it is what the condition is an example of.
    """
    told = [each for each in earlier if not each.rule or each.rule == "goes-on"]
    if condition.consequence and EXAMPLE.match(condition.text):
        return any(is_instruction(each.text) for each in told)
    is_shown = _BELOW.search(condition.text) is not None
    return not is_shown and any(_BELOW.search(each.text) for each in told)


def _is_looked_at(condition: RuledSentence, lead: RuledSentence) -> bool:
    """Whether code only shows whether a condition holds.

    `If there is no default class, set one. You can list the classes by:`
    """
    is_look = _LOOKS.match(lead.text) is not None
    is_cause = _MAYBE.search(condition.consequence) is not None
    is_same = bool(_stems(lead.text) & _stems(condition.clause))
    return is_look and is_same and not is_cause and not _BACK.search(lead.text)


def _reaches(condition: RuledSentence, leads: Sequence[RuledSentence]) -> bool:
    """Whether what the sentences behind a condition introduce is for it."""
    lead = leads[-1]
    words = _stems(lead.text)
    is_output = _PRINTS.search(condition.consequence) is not None
    if is_effect(condition) or (is_output and not condition.asks):
        is_wrong = _GOES_WRONG.search(condition.consequence) is not None
        is_remedy = (is_wrong or not words) and is_instruction(lead.text)
        return is_remedy or _THEN.search(lead.text) is not None
    if any(_BACK.search(each.text) for each in leads) or lead.rule == "goes-on":
        return True
    if condition.asks or _MAYBE.search(condition.consequence):
        return True
    is_purpose = _PURPOSE.match(lead.text) is not None
    is_bare = not words or not (is_purpose or is_instruction(lead.text))
    return is_bare or bool(words & _stems(condition.text))


def _is_beside(sentence: RuledSentence) -> bool:
    """Whether a sentence only goes with the others, and introduces nothing itself."""
    is_told = _BESIDE.match(sentence.text) or OTHER_VALUE.match(sentence.text)
    return is_told is not None or sentence.rule == "other-value"


def _stems(text: str) -> set[str]:
    """The first letters of the words of a text that say what it is about."""
    words = (word.lower() for word in _WORD.findall(text))
    return {word[:_STEM] for word in words if word not in _COMMON}
