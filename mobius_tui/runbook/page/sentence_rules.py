"""Which sentences of a page are no plain instructions, each by a rule with a name.

The names are what `import --explain` shows; `docs/writing-runbooks.md` lists them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from mobius_tui.runbook.page.lead_sentences import (
    BEFORE,
    SENTENCE,
    introduces_output,
    is_instruction,
    without_addresses,
)
from mobius_tui.structs import replace

SentenceRule = Literal[
    "condition",
    "failure",
    "otherwise",
    "skip",
    "goes-on",
    "prohibited",
    "narrated",
    "automatic",
    "optional",
    "went-well",
    "walk-through",
    "other-value",
    "remark",
    "",
]
"""What a sentence makes of what follows it:

- `condition`: it is done only if a person says that the condition holds;
- `failure`: the same, and the condition is that the command before fails;
- `otherwise`: it is done only if the condition before does not hold;
- `skip`: it is done only if the condition of the sentence does not hold;
- `goes-on`: `then`, `next` and the like: it goes with what is before it;
- `prohibited`, `narrated`: commands after it are words of the page, and no steps;
- `automatic`: a list after it is what a system does by itself;
- `optional`: it may be left out;
- `went-well`, `walk-through`, `other-value`, `remark`: an `if` that changes nothing.
"""

_WRONG = (
    r"fail\w*|errors?|wrong|broken|unhealthy|unsuccessful\w*|stuck|missing|crash\w*|"
    r"unavailable|unreachable|hang\w*|degraded|corrupt\w*|lost|dead|down|refused|"
    r"times? out|timed out|problems?|(?<!you )(?<!we )(?<!to )issues?|(?:do|does|did|"
    r"is|are|was|has|have|can|could|will)(?:n['o’]t| not|not)|no|not|never|worse|"
    r"unable|still"
)
_FAILS = (
    r"fail(?:s|ed|ing)?|errors? out|does(?:n['’]t| not) (?:work|succeed|pass)|did(?:n"
    r"['’]t| not) (?:work|succeed|pass)|(?:is|was) (?:not |un)successful|goes wrong|"
    r"went wrong|exits? non-?zero|returns? an error"
)
_IF = (
    r"(?:if|in case|in the event|should (?:the|this|it|that|any|you)|"
    r"unless(?! otherwise)|only if|only when|only do|only run|only use|"
    r"as a last resort)\b"
)
_NOT_WHETHER = (
    r"(?<!see )(?<!check )(?<!verify )(?<!know )(?<!determine )(?<!decide )(?<!tell )"
    r"(?<!that )(?<!test )(?<!confirm )(?<!ask )(?<!out )(?<!asks )(?<!sure )(?<!as )"
    r"(?<!even )"
    r"(?<!ensure )(?<!tells )(?<!shows )(?<!on )(?<!checks )(?<!checking )(?<!of )"
)
"""Before an `if` that is a condition; after these verbs it says `whether`."""
_CONDITION = re.compile(
    rf"(?:or |but |alternatively,? |however,? |for (?:example|instance),? |(?:note|"
    rf"info|warning|caution|hint|tip):? )*{BEFORE}{_IF}|(?:this|these|the following)"
    r"(?: \w+){0,2} (?:is|are) (?:only (?:required|needed|necessary|relevant|"
    r"applicable)|"
    r"(?:required|needed|necessary|relevant|applicable) only)\b",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"for (?:example|instance)\b", re.IGNORECASE)
_INTRODUCED = re.compile(rf"^(?:alternatively|{_EXAMPLE.pattern}),? ", re.IGNORECASE)
"""What stands before a condition, and is no part of it."""
_CONTRARY = re.compile(
    r"(?:however|but|by default|alternatively|in addition|now|in this example)\b",
    re.IGNORECASE,
)
"""How a sentence begins that is no consequence of the one before."""
_WHEN_WRONG = re.compile(
    rf"(?:when|whenever|as soon as) [^,.:]{{0,80}}\b(?:{_WRONG})\b", re.IGNORECASE
)
_TRAILING = re.compile(
    rf"\b(?:{_NOT_WHETHER}(?:only )?(?:if|in case|unless)|only when)\b(?! any\b).+",
    re.IGNORECASE | re.DOTALL,
)
_WHETHER = re.compile(
    r"\b(?:check|see|verify|determine|find|know|decide|test|confirm|ask|inspect|look|"
    r"examine|ensure|make sure)(?: \S+){0,2} *$",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    r"(?:(?:or )?otherwise|or else|else|failing that|if not|(?:and )?if (?:it|that|this"
    r"|so|they) (?:is|are|does|do)(?:n['’]t| not)(?: (?:the case|so|exist|there))?"
    r"(?=[,:])|in (?:any|all|every) other cases?|in all others)\b",
    re.IGNORECASE,
)
_OR_ELSE = re.compile(
    r"(?:(?:or )?otherwise|or else|else),? (?:we|you|it|they|there|the|this|that|these|"
    r"your) (?:[\w-]+ ){0,4}?(?:risk|lose|(?:will|would|may|might|could|can)(?: not)? "
    r"(?:be|break|cause|fail|lose|not|stop)|won['’]t|wouldn['’]t|cannot|can['’]t|fails?)"
    r"\b",
    re.IGNORECASE,
)
"""How a warning begins: `Otherwise we risk`, after what is to be done in any case."""
_EFFECT = re.compile(
    r"(?!.*\b(?:you|we|must|should|needs?|needed|required|requires|necessary|recommended|"
    r"advisable|possible|helps?|fix\w*|solves?|resolves?|works?|commands?|steps?|"
    r"following|below|using|via|with|by \w+ing)\b)(?:the|an?|one|it|this|that|these|"
    r"they|all|any|each|its|their|no)\b[^.]*?\b(?:will|would|gets?|(?:is|are) "
    r"(?:applied|assumed|caused|created|generated|ignored|taken|used))\b",
    re.IGNORECASE,
)
"""A consequence that a system brings about: `the pods will be evicted`."""
_ELSEWHERE = re.compile(
    r"[^.]*\b(?:as (?:described|documented|explained|outlined|shown)|by following the "
    r"\w+|following the (?:guide|instructions|steps)) (?:in|at|on|here)\b(?! the "
    r"(?:following|next))",
    re.IGNORECASE,
)
"""A consequence whose commands stand on another page."""
_IN_ASIDE = re.compile(
    r"\((?![^)]*\b(?:do|necessary|needed|only|required|run|skip|steps?|this)\b)"
    r"[^()]*\w[^()]*$|\bor [^,;()]*\($",
    re.IGNORECASE,
)
"""What stands before an `if` that is about a word only, and not about the sentence:
`use a hotplug (if supported`, `on the node or inside the container (`."""
_WENT_WELL = re.compile(
    r"(?:if|assuming) (?:(?:all|everything|it|this|that|the (?:output|result|check|"
    r"test)s?) (?:(?:is|are|was|went|goes|looks?|has gone) (?:well|fine|ok|okay|good|"
    r"right|correct|as expected|successful\w*|smoothly|done)|(?:worked|works|"
    r"succeed\w*|completed?s?|pass(?:es|ed)?)\b[^,:]*)|(?:there (?:are|is|were) )?no "
    r"(?:errors?|"
    r"issues?|problems?)\b[^,:]*|successful|all (?:good|well|ok))\s*",
    re.IGNORECASE,
)
_WALK_THROUGH = re.compile(
    rf"{BEFORE}if (?:we (?!want|need|wish|would|have|had|are|were|do\b|don|can|could|"
    r"decide|prefer|use\b|see\b|find|lose|lost|fail)|you (?:now |then |also )*(?:look|"
    r"check|inspect|view|list|query|examine|describe|go|navigate|visit|click|try|"
    r"compare|open|print|show|watch|curl|ping|(?:re)?run (?:the|this|that|it|now))\b|"
    r"(?:we|you) were to\b|the user (?:creates|executes|issues|runs|types|uses?)\b)",
    re.IGNORECASE,
)
_OTHER_VALUE = re.compile(
    r"(?:you (?:can|should|must|need to|have to|will) )?(?:please )?(?:(?:replace|"
    r"substitute) (?!it\b|them\b)[^.]*\b(?:in|with|by|below|accordingly)\b|"
    r".*\baccordingly\W*$|(?:change|adjust|adapt|modify|update|set|use) (?:the |your |"
    r"its )?[\w -]{0,40}\b(?:in the (?:following |below )?(?:commands?|examples?)|"
    r"(?:commands?|examples?) below))",
    re.IGNORECASE,
)
_SKIP = re.compile(
    rf"{BEFORE}(?:(?:can |may |should )?(?:safely )?(?:skip|ignore|leave out)(?: down| "
    r"ahead| directly| straight)* (?:this|these|the (?:rest|following|next|whole|"
    r"entire|step|section|remain\w+)|to|it\W*$|step|section)\b|(?:jump|go|move) (?:on |"
    r"ahead |directly |straight )*to the next\b|jump (?:ahead |directly |straight )*"
    r"to\b|do "
    r"nothing|nothing (?:else |more )?(?:needs to|to)\b|no (?:further )?(?:action|"
    r"steps?)\b|stop here|there is nothing|(?:you )?(?:are|['’]re) (?:done|finished)|"
    r"(?:this|the following|these) (?:steps?|section|part|command)s? (?:can|may|"
    r"should) be (?:skipped|ignored))",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"(?:and|then|next|now then|after(?:wards?|ward)?|after that|once|finally|lastly|"
    r"at last|when (?:that|this|it) is|subsequently|thereafter|(?:you|we) (?:can |may |"
    r"should |must |will )?(?:then|next)|now (?:you|we) can)\b",
    re.IGNORECASE,
)
_NOT_TO = (
    r"(?:do not|don['’]t|never|avoid|cannot|can['’]t|(?:you |we )?(?:must|should|may|"
    r"can)(?: not|n['’]t| never))"
)
_PROHIBITED = re.compile(
    rf"(?:please |caution:? |warning:? |danger:? |important:? |note:? )*{_NOT_TO} "
    r"(?:ever |just |simply |try to |attempt to )*(?:(?:run|execut|us|do|typ|issu|try|"
    r"enter|past|copy|call|perform|invok)(?:e|ing|ying|y)?\b|[^.]*\b(?:like (?:this|so|"
    r"that)|this way|(?:with|by|using)(?: (?:this|the following)(?: \w+)?)?|as follows|"
    r"as (?:shown )?below|the following(?: \w+)?)\W*$)",
    re.IGNORECASE,
)
_NOT_BE = re.compile(
    r"\b(?:must|should|may|can) (?:not|never) be (?:run|used|executed|done|issued|"
    r"typed)\b|^\W*(?:wrong|bad|incorrect|counter-?example|anti-?pattern|not like this|"
    r"the wrong way|what not to do|don['’]ts?)\W*$|^\W*this (?:is|would be) (?:wrong|"
    r"bad)\b",
    re.IGNORECASE,
)
_THIS = re.compile(r"\b(?:this|these|it|wrong|bad)(?: commands?)?\W*$", re.IGNORECASE)
_UNLESS = re.compile(r"\b(?:unless|until|except (?:if|when|for))\b", re.IGNORECASE)
_INSTEAD = re.compile(
    r"\binstead\b|\brather\b|[,;.] *(?:but )?(?:please )?(?:use|run|do|try|execute)\b",
    re.IGNORECASE,
)
_ACTORS = (
    r"(?:somebody|someone|anybody|they|he|she|(?:an?|the|our|one|another|some)"
    r"(?: [\w-]+){0,2} (?:engineers?|operators?|admin\w*|colleagues?|developers?|"
    r"teams?|person|people|customers?|attackers?|on-?call))"
)
_DID = (
    r"(?:ran|executed|typed|issued|deleted|removed|dropped|restarted|rebooted|applied|"
    r"used|did|entered|tried|stopped|killed|pushed)"
)
_NARRATED = re.compile(
    rf"\b{_ACTORS} (?:who |that |which |had |has |have |accidentally |mistakenly |"
    r"wrongly |by mistake |by accident |then |also |just |previously |recently )*"
    rf"{_DID}\b|\b(?:we|i) (?:had |then |accidentally |mistakenly |wrongly |first )*"
    r"(?:ran|executed|typed|issued)\b|\b(?:was|were) (?:caused|triggered|provoked|"
    r"brought (?:down|about)) by\b|\b(?:had|has|have) (?:been|already been) (?:run|"
    r"executed|issued|typed)\b",
    re.IGNORECASE,
)
_AUTOMATIC = re.compile(
    r"(?!.*\b(?:commands?|scripts?|examples?)\b)(?:.*\bautomatically\b|.*\bby (?:"
    r"itself|themselves)\b|.*\bon (?:its|their) own\b|.*\b(?:under the hood|behind the "
    r"scenes)\b|.*\bwithout (?:any )?(?:manual|human) )",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?:you|we|your|our|please|manually|by hand)\b", re.IGNORECASE)
_OPTIONAL = re.compile(
    r"\W*optional(?:ly)?\b|.*\((?:this (?:step )?is )?optional\)", re.IGNORECASE
)
_BEFORE_FAILED = re.compile(
    rf"(?:and |but )?(?:if|in case|when) (?:this|that|it|(?:this|that|the|one of the)"
    r"(?: \w+)? (?:command|step|check|test|script|call)s?|(?:any|one) of (?:these|those"
    rf"|them)|(?!an? |the |any |some |no )[\w./-]+(?: -{{1,2}}[\w-]+)?) (?:{_FAILS})\b",
    re.IGNORECASE,
)
_REMARK_NAMES = """
see refer contact consult ask note read visit feel consider expect know remember reach
file report join continue proceed go follow think look mind be keep let allow learn
check set specify choose select provide pick try verify ensure double-check compare
review find
"""
_REMARK_VERBS = frozenset(_REMARK_NAMES.split())
"""What begins an advice that is complete in its sentence: `If unsure, ask the lead.`"""
_MUST = re.compile(
    r"\b(?:must|needs? to|should|ha(?:s|ve) to|(?:required|necessary|important|"
    r"recommended|advisable|needed|best) to|make sure to)(?: first| also| then)? "
    r"(?:be )?([\w-]+)",
    re.IGNORECASE,
)
_USE_VALUE = re.compile(r"use (?:\d|the default|it\b)", re.IGNORECASE)
_SHOWS = re.compile(
    r"\b(?:below|following|as follows|these steps|this command|like this)\b",
    re.IGNORECASE,
)
_IF_NEEDED = re.compile(
    r"(?:only )?(?:if|when|where) (?:it['’]?s? (?:is )?|this is )?(?:applicable|"
    r"needed|necessary|required|desired|appropriate|possible|available|you (?:like|"
    r"want|wish|prefer)|in doubt|unsure)\W*",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"(?:only|do (?:this|it|so) only)\b.*?\b((?:when|if|in case|after|for)\b.+)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r",\s+(?:then\s+)?|\s+then\s+|:\s*|\s+[-–—]\s+|\.$")
_PIECE_END = re.compile(r",\s+|\s+then\s+|:\s+")
_ADVERB = r"(?:(?:explicitly|manually|first|also|temporarily|safely) )*"
_FIRST_WORD = re.compile(r"[A-Za-z][\w'’-]*")


_CHANGES_NOTHING = (
    *("went-well", "walk-through", "other-value", "optional"),
    *("prohibited", "narrated", "automatic"),
)
TOLD_RULES = ("prohibited", "narrated", "automatic")
"""The rules of sentences whose commands and lists are words of the page, no steps."""


class RuledSentence(Struct, frozen=True, kw_only=True):
    """A sentence, and the rule that fits it."""

    text: str
    rule: SentenceRule
    clause: str = ""
    """Of a condition: its clause, `If the primary is down`."""
    consequence: str = ""
    """Of a condition: what is done then; may be empty."""
    leads: bool = False
    """Whether it introduces what follows, by a colon or its words."""

    @property
    def asks(self) -> bool:
        """Whether what follows waits for a decision."""
        return self.rule in ("condition", "failure", "otherwise", "skip")


def sentences_of(text: str, *, is_before_code: bool = False) -> list[RuledSentence]:
    """The sentences of a text, each with its rule.

    Args:
        text: a paragraph, an item or a heading.
        is_before_code: whether code or steps stand directly below it, which its last
            sentence introduces, with a colon or without.
    """
    rows = [each for each in SENTENCE.split(" ".join(text.split())) if each.strip()]
    found = [ruled(each.strip()) for each in rows]
    found = [_within(each, found[at + 1 :]) for at, each in enumerate(found)]
    if is_before_code or text.endswith(":"):
        _lead_on(found)
    for at, each in enumerate(found):
        is_told = any(not one.rule and is_instruction(one.text) for one in found[:at])
        if is_told and each.rule == "condition" and _ELSEWHERE.match(each.consequence):
            found[at] = replace(each, rule="remark")
    return found


def _lead_on(sentences: list[RuledSentence]) -> None:
    """Let the last condition of a text that stands above code be about the code."""
    if any(each.asks for each in sentences):
        return
    for at in reversed(range(len(sentences))):
        each = sentences[at]
        if _CONTRARY.match(each.text) or each.rule in _CHANGES_NOTHING:
            return
        if each.rule == "remark":
            sentences[at] = ruled(each.text, leads=True)
            return


def _within(sentence: RuledSentence, later: Sequence[RuledSentence]) -> RuledSentence:
    """A sentence beside the later ones of its text.

    A condition whose consequence is complete in its sentence is a remark where another
    instruction follows in the text.
    """
    others = (each for each in later if not each.rule and is_instruction(each.text))
    if sentence.rule in ("condition", "failure") and not sentence.leads and any(others):
        return replace(sentence, rule="remark")
    return sentence


def ruled(text: str, *, leads: bool = False) -> RuledSentence:
    """The rule of one sentence.

    Args:
        text: the sentence.
        leads: whether it introduces what follows, though no word of it says so.
    """
    found = _rule_of(text[:600])
    if not leads or found.rule != "remark":
        return found
    if _EFFECT.match(without_addresses(found.consequence)) or _OR_ELSE.match(text):
        return found
    is_output = introduces_output(found.consequence or text)
    is_other = _OTHERWISE.match(text) is not None
    rule: SentenceRule = "otherwise" if is_other else "condition"
    return found if is_output else replace(found, rule=rule, leads=True)


@lru_cache(maxsize=1024)
def _rule_of(sentence: str) -> RuledSentence:
    if _OR_ELSE.match(sentence) and not _tells_action(sentence):
        return _ruled(sentence, "remark")
    if _OTHERWISE.match(sentence):
        return _of_condition(sentence, *_parted(sentence), rule="otherwise")
    if _CONDITION.match(sentence) or _WHEN_WRONG.match(sentence):
        return _of_condition(sentence, *_parted(sentence))
    if _PROHIBITED.match(sentence) or _NOT_BE.search(sentence):
        if _UNLESS.search(sentence):
            return _ruled(sentence, "condition", sentence, "")
        is_about_next = _leads(sentence) or _THIS.search(sentence) is not None
        if is_about_next and not _INSTEAD.search(sentence):
            return _ruled(sentence, "prohibited")
    elif _leads(sentence) and not is_instruction(sentence):
        if _NARRATED.search(sentence):
            return _ruled(sentence, "narrated")
        if _AUTOMATIC.match(sentence) and not _PERSON.search(sentence):
            return _ruled(sentence, "automatic")
    if _OPTIONAL.match(sentence):
        return _ruled(sentence, "optional")
    trailing = _trailing_condition(sentence)
    if trailing is not None:
        before, clause = sentence[: trailing.start()].rstrip(" ,("), trailing[0]
        found = _of_condition(sentence, clause.rstrip(" :.)"), before)
        is_remark = found.rule in ("condition", "failure") and not found.leads
        return replace(found, rule="remark") if is_remark else found
    if _GOES_ON.match(sentence):
        return _ruled(sentence, "goes-on")
    return _ruled(sentence, "")


def _tells_action(warning: str) -> bool:
    """Whether a sentence that warns says what is done then, too."""
    _, *pieces = _PIECE_END.split(warning.rstrip(" :."))
    return _SHOWS.search(warning) is not None or any(map(_is_order, pieces))


def _trailing_condition(sentence: str) -> re.Match[str] | None:
    """The condition behind an instruction: `Restart it if it hangs`."""
    match = _TRAILING.search(sentence)
    while match is not None and _IN_ASIDE.search(sentence[: match.start()]):
        match = _TRAILING.search(sentence, match.start() + 1)
    if match is None or not match.start():
        return None
    if not (is_instruction(sentence) or sentence.endswith(":")):
        return None
    if re.match(_NOT_TO, sentence, re.IGNORECASE):
        return None
    before = sentence[: match.start()]
    return None if _WHETHER.search(before) else match


def _of_condition(
    sentence: str, clause: str, consequence: str, rule: SentenceRule = "condition"
) -> RuledSentence:
    only = _ONLY.match(clause)
    if only is not None:
        clause, consequence = only[1], consequence or clause
    if rule == "otherwise":
        pass
    elif _WALK_THROUGH.match(clause) and not _MUST.search(consequence):
        rule = "walk-through"
    elif _WENT_WELL.fullmatch(re.sub(rf"^{BEFORE}", "", clause, flags=re.IGNORECASE)):
        rule = "went-well"
    elif _OTHER_VALUE.match(consequence):
        rule = "other-value"
    elif _SKIP.match(consequence) and not sentence.endswith(":"):
        rule = "skip"
    elif _BEFORE_FAILED.match(clause):
        rule = "failure"
    found = _ruled(sentence, rule, clause, consequence)
    if _IF_NEEDED.fullmatch(clause) and not found.leads:
        return _ruled(sentence, "optional")
    is_action = _is_action(consequence) or not consequence
    is_shown = introduces_output(consequence or sentence) and not is_action
    is_example = _EXAMPLE.match(sentence) is not None
    is_told = found.leads or (is_action and not is_example)
    if found.asks and (is_shown or not is_told):
        return _ruled(sentence, "remark", clause, consequence)
    return found


def _ruled(
    sentence: str, rule: SentenceRule, clause: str = "", consequence: str = ""
) -> RuledSentence:
    return RuledSentence(
        text=sentence,
        rule=rule,
        clause=clause,
        consequence=consequence,
        leads=_leads(sentence),
    )


def _leads(sentence: str) -> bool:
    """Whether a sentence introduces what follows it."""
    return sentence.endswith(":") or _SHOWS.search(sentence) is not None


def _parted(sentence: str) -> tuple[str, str]:
    """The clause of a condition, and what is done then."""
    depth = 0
    sentence = _INTRODUCED.sub("", sentence)
    for match in re.finditer(rf"[()]|{_CLAUSE_END.pattern}", sentence):
        if match[0] in "()":
            depth += 1 if match[0] == "(" else -1
        elif depth <= 0:
            clause = sentence[: match.start()]
            return clause.strip(" :."), sentence[match.end() :].strip(" :.")
    return sentence.strip(" :."), ""


def _is_action(consequence: str) -> bool:
    """Whether what is done then is more than an advice."""
    must = _MUST.search(consequence)
    if _SKIP.match(consequence) or must is not None:
        return must is None or must[1].lower() not in _REMARK_VERBS
    return any(map(_is_order, _PIECE_END.split(consequence[:400])))


def _is_order(piece: str) -> bool:
    """Whether a part of a sentence tells a person to do something."""
    bare = re.sub(rf"^{BEFORE}{_ADVERB}", "", piece, flags=re.IGNORECASE)
    first = _FIRST_WORD.match(bare)
    if first is None or first[0].lower() in _REMARK_VERBS or _USE_VALUE.match(bare):
        return False
    return is_instruction(bare)


def is_conditional(heading: str) -> bool:
    """Whether a heading is a condition: what is below it is done only then."""
    return ruled(f"{heading.rstrip(' :?')}:").asks


def told_rule(text: str) -> SentenceRule:
    """The rule by which what a text introduces is no step; empty if there is none."""
    *_, last = ("", *(each.rule for each in sentences_of(text)))
    return last if last in TOLD_RULES else ""
