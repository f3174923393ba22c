"""Which sentences of a page are no plain instructions, each by a rule with a name.

The names are what `import --explain` shows; `docs/writing-runbooks.md` lists them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from mobius_tui.runbook.page.lead_sentences import (
    BEFORE,
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
    r"times? out|timed out|problems?|(?<!you )(?<!we )(?<!to )issues?(?! (?:an?|the|"
    r"this|these|following|commands?)\b)|(?:do|does|did|"
    r"is|are|was|has|have|can|could|will)(?:n['o’]t| not|not)|no|not|never|worse|"
    r"unable|still"
)
_FAILS = (
    r"fail(?:s|ed|ing)?|errors? out|does(?:n['’]t| not) (?:work|succeed|pass)|did(?:n"
    r"['’]t| not) (?:work|succeed|pass)|(?:is|was) (?:not |un)successful|goes wrong|"
    r"went wrong|exits? non-?zero|returns? an error"
)
IF = (
    r"(?:if|in case|in the event|should (?:the|this|it|that|any|you)|"
    r"unless(?! otherwise)|only if|only when|only (?:do|run|use)"
    r"(?! (?:\S+ ){0,4}once\b)|as a last resort)\b"
)
_NOT_WHETHER = (
    r"(?<!see )(?<!check )(?<!verify )(?<!know )(?<!determine )(?<!decide )(?<!tell )"
    r"(?<!that )(?<!test )(?<!confirm )(?<!ask )(?<!out )(?<!asks )(?<!sure )(?<!as )"
    r"(?<!even )"
    r"(?<!ensure )(?<!tells )(?<!shows )(?<!on )(?<!checks )(?<!checking )(?<!of )"
)
"""Before an `if` that is a condition; after these verbs it says `whether`."""
_CONDITION = re.compile(
    rf"(?:or |but |alternatively,? |however,? |for [\w. -]{{1,30}}, |(?:note|"
    rf"info|warning|caution|hint|tip):? )*{BEFORE}{IF}|(?:this|these|the following)"
    r"(?: \w+){0,2} (?:is|are) (?:only (?:required|needed|necessary|relevant|"
    r"applicable)|"
    r"(?:required|needed|necessary|relevant|applicable) only)\b",
    re.IGNORECASE,
)
EXAMPLE = re.compile(r"for (?:example|instance)\b", re.IGNORECASE)
_ONLY_EXAMPLE = re.compile(
    r"(?:(?:for|an?|here is an?|e\.g\.) ?)?(?:(?:examples?|instance)\b)?(?: \d+)?\W*:",
    re.IGNORECASE,
)
"""All of a text that shows how what is before it is done: `Example:`."""
_INTRODUCED = re.compile(
    rf"^(?:[\w’'-]+,? ){{1,3}}?(?=(?:{IF}|when\b|whenever\b))", re.IGNORECASE
)
"""What stands before a condition, and is no part of it."""
_WHEN_WRONG = re.compile(
    rf"(?:when|whenever|as soon as) [^,.:]{{0,80}}\b(?:{_WRONG})\b", re.IGNORECASE
)
_TRAILING = re.compile(
    rf"\b(?:{_NOT_WHETHER}(?:only )?(?:if|in case|unless)|only when)\b(?! any\b).+",
    re.IGNORECASE | re.DOTALL,
)
_WHETHER = re.compile(
    r"\b(?:check|see|verif|determin|find|know|decid|test|confirm|ask|inspect|look|examin|"
    r"ensur|mak\w* sure)\w*(?: \S+){0,2} *$",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    r"(?:(?:or )?otherwise|or else|else|failing that|if not|(?:and )?if (?:it|that|this"
    r"|so|they) (?:is|are|does|do)(?:n['’]t| not)(?: (?:the case|so|exist|there))?"
    r"(?=[,:])|(?:in|on|for) (?:any|all|every) others?(?: \w+)?(?=[,:])|"
    r"in (?:any|all|every) other cases?)\b",
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
_BY_PERSON = (
    r"(?!.*\b(?:(?<!for )you|we|must|should|needs?|needed|required|requires|necessary|"
    r"recommended|advisable|advised|allowed|permitted|suggested|preferred|possible|best|"
    r"helps?|fix\w*|solves?|resolves?|works?|commands?|steps?|following|below|using|via|"
    r"with|by \w+ing)\b)"
)
_EFFECT = re.compile(
    rf"{_BY_PERSON}(?:the|an?|one|it|this|that|these|they|all|any|each|its|their|no)\b"
    r"[^.]*?\b(?:will|would|gets?|(?:is|are) (?:also |then |automatically |not )?"
    r"(?:\w+ed|kept|left|sent|shown|taken))\b|"
    rf"{_BY_PERSON}(?:the|your|it|this|all)\b[^,.]{{0,60}}?\b(?:is|are)"
    r"(?: now| already)? (?:healthy|ready|running|up|ok(?:ay)?|fine|done|"
    r"working|completed?|installed|enabled|successful)$|"
    rf"{_BY_PERSON}(?!\w+ing\b)[\w-]+ (?:will|would|automatically) \w|"
    r"you(?:['’]re| are)(?: now| already)? (?!advised|encouraged|expected|required|"
    r"supposed|going|free|able)[\w-]+$",
    re.IGNORECASE,
)
"""A consequence that a system brings about: `the pods will be evicted`."""
_DOES_TOO = re.compile(
    r"(?:this|that|the same) (?:command|script|tool)s? will (?:also|automatically|then)"
    r"\b",
    re.IGNORECASE,
)
"""The same, brought about by the command that is run in any case."""
_DEFAULTS = re.compile(
    r"\bdefaults? to\b|\b(?:you|we) will (?:get|have|lose|see)\b|(?<!you )(?<!we )"
    r"(?<!they )\b(?:will (?:be(?! (?:needed|necessary|required))|become|end up|work)|"
    r"(?:is|are) (?:also )?(?:assumed|deemed|treated|used))\b",
    re.IGNORECASE,
)
"""The same in a condition without a comma: `If unset it defaults to 1`."""
_WILL = re.compile(r"\w+ (?:\S+ ){3,8}(?:the|its|their) [\w-]+ will \w", re.IGNORECASE)
"""The same with a subject of its own: `If it is paused the state will change to x:`."""
_SUGGESTS = re.compile(
    r"(?:we|i) (?:strongly )?(?:recommend|suggest|prefer|advise)\b(?! (?:to|\w+ing|"
    r"that|you)\b)",
    re.IGNORECASE,
)
"""How an advice about a choice begins: `We recommend 8.0 if there is a package`."""
_REFERS = re.compile(
    r"(?:please )?(?:see|refer to|consult|visit|contact|ask|read) ", re.IGNORECASE
)
"""A consequence that stands on another page, or with another person."""
_WE_SEE = re.compile(
    r"(?:you|we) should (?:\w+ ){0,2}?(?:see|get|find|notice|observe|have)\b",
    re.IGNORECASE,
)
_BOTH_WAYS = re.compile(r"[,;] (?:and |or |but )?(?:otherwise|else|if not)\b", re.I)
"""What stands between the two ways of a sentence that has both."""
_WHEN = re.compile(rf"{_NOT_WHETHER}\b(?:if|in case|unless)\b", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"[^.]*\b(?:as (?:described|documented|explained|outlined|shown)|by following the "
    r"\w+|following the (?:guide|instructions|steps)) (?:in|at|on|here)\b(?! the "
    r"(?:following|next))",
    re.IGNORECASE,
)
"""A consequence whose commands stand on another page."""
_IN_ASIDE = re.compile(
    r"\((?![^)]*\b(?:do|necessary|needed|only|required|run|skip|steps?|this)\b)"
    r"[^()]*\w[^()]*$|\bor [^,;()]*\($|\([^()]*\w[^()]*, $",
    re.IGNORECASE,
)
"""What stands before an `if` that is about a word only, and not about the sentence:
`use a hotplug (if supported`, `on the node or inside the container (`."""
_IF_IN_BRACKETS = re.compile(r"\((?:only )?(?:if|in case|unless)\b[^()]*\)", re.I)
_IN_THAT = re.compile(r"\b(?:ensure|make sure|means) that [^,;:]*\bonly\b", re.I)
"""What stands before an `if` of what is ensured: `that it is only used if …`."""
_GOES_BACK = re.compile(
    r", (?:in order to|to|so that|by|with|using|from|on|in|at)\b", re.IGNORECASE
)
"""What goes on with the sentence behind a condition between commas."""
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
_TRIES = re.compile(
    rf"{BEFORE}if (?:you|we) (?!have\b|are\b|use\b|see\b|find\b|do\b|don|can)[^,.:]+,? "
    r"(?:you|we)(?: should|['’]ll| will)(?: \w+)? (?:see|get|find|notice|observe)\b",
    re.IGNORECASE,
)
"""A condition that says what a reader tries: `If you list them you should see:`."""
OTHER_VALUE = re.compile(
    r"(?:you (?:can|should|must|need to|have to|will) )?(?:please )?(?:(?:replace|"
    r"substitute) (?!it\b|them\b)[^.]*\b(?:in|with|by|below|accordingly)\b|"
    r".*\baccordingly\W*$|"
    r".*\bin the (?:snippet|command|example)s? above\b|"
    r"(?:change|adjust|adapt|modify|update|set|use) (?:the |your |its )?"
    r"[\w -]{0,40}\b(?:in the (?:following |below )?(?:commands?|examples?)|"
    r"(?:commands?|examples?) below))",
    re.IGNORECASE,
)
_SKIP = re.compile(
    rf"{BEFORE}(?:(?:can |may |should )?(?:safely )?(?:skip|ignore|leave out)(?: down| "
    r"ahead| directly| straight)* (?:this|these|the (?:rest|following|next|whole|"
    r"entire|step|section|remain\w+)|to|it\W*$|step|section)\b|(?:jump|go|move) (?:on |"
    r"ahead |directly |straight )*to the next\b|(?:continue|proceed) to the next "
    r"(?:section|chapter|part)\b|jump (?:ahead |directly |straight )*"
    r"to\b|do "
    r"nothing|nothing (?:else |more )?(?:needs to|to)\b|no (?:further )?(?:action|"
    r"steps?)\b|stop here|there is nothing|(?:you )?(?:are|['’]re) (?:done|finished)|"
    r"(?:this|the following|these) (?:steps?|section|part|command)s? (?:can|may|"
    r"should) be (?:skipped|ignored))",
    re.IGNORECASE,
)
_NEED_NOT = re.compile(
    r"(?:(you|we|this(?: step)?|these(?: steps)?|the following(?: steps?)?)|"
    r"[^,;:]{1,80}?) (?:(?:do|does)(?: not|n['’]t) (?:need|have) to|"
    r"need(?: not|n['’]t)|(?:is|are)(?: not|n['’]t) (?:needed|required|necessary)"
    r"(?: to)?)(?: be)?(?: (\w+))?",
    re.IGNORECASE,
)
"""A consequence that leaves something out: `you do not need to install it`."""
_GO_TO = re.compile(
    r"(?:please )?(?:can |may |should )?(?:go|jump|skip|proceed|continue|move)(?: on| "
    r"ahead| down| directly| straight)* (?:to|with|at|from) (?:the )?(?:(next) )?"
    r"(?:step|point|item)\b[ #]*(\d{1,3}\b)?(?!\.\d)",
    re.IGNORECASE,
)
"""What goes on at another step; without a comma it ends a condition, too."""
_STEPS_BELOW = re.compile(
    r"(?:(?:you|we) (?:can|should|must|may) |please )?(?:continue|proceed|go on|"
    r"carry on|follow) (?:\w+ ){0,3}?(?:steps? below|"
    r"(?:following|remaining|next) steps)\b",
    re.IGNORECASE,
)
"""What is done with all that follows: `If it is none of these, go on with the steps
below.`"""
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
    r"\W*optional(?:ly)?\b|[^.]*\b(?:can|may) (?:\w+ ){0,2}optionally\b|"
    r".*\((?:this (?:step )?is )?optional\)",
    re.IGNORECASE,
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
_LED_BEFORE = re.compile(
    rf"{_SHOWS.pattern}[^,;]*[,;] (?:and |but )?(?:you|we|it|this) ", re.IGNORECASE
)
"""What introduces what follows, before a clause of its own that has the condition."""
_IN_DOUBT = re.compile(
    r"(?:if|when) (?:you(?:['’]re| are) )?(?:unsure|not sure|in doubt)", re.IGNORECASE
)
_IF_NEEDED = re.compile(
    r"(?:only )?(?:if|when|where) (?:it['’]?s? (?:is )?|this is )?(?:applicable|"
    r"needed|necessary|required|desired|appropriate|possible|available|you (?:like|"
    r"want|wish|prefer))\W*",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"(?:only|do (?:this|it|so) only)\b.*?\b((?:when|if|in case|after|for)\b.+)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r",\s+(?:then\s+)?|(?<!f you)(?<!f we)\s+then\s+|:\s*|\s+[-–—]\s+|\.$"
)
_PARENTHESIS = re.compile(
    r"(?:or|and|nor)\b[^,]*, |(?:as|such as|like|e\.g|i\.e|for example|for instance|"
    r"including)\b[^,]*,(?: then)? |(?:which|who|whose)\b|"
    r"(?!(?:you|we|it|the|they|please|then)\b)[^,]{1,40}, (?:or|and) [^,]+, ",
    re.IGNORECASE,
)
"""What goes on with a clause behind a comma."""
_PARENTHESIS_BEFORE = re.compile(
    r", (?:as|such as|like|e\.g|i\.e|for example|for instance)\b[^,]*$", re.IGNORECASE
)
"""What stands before the comma that ends a remark within a clause."""
_GOES_ON_LATER = re.compile(r", (?:you|we|please|then)\b", re.IGNORECASE)
"""What says that a clause ends behind a colon in it."""
_PIECE_END = re.compile(r",\s+|\s+then\s+|:\s+")
_ADVERB = r"(?:(?:explicitly|manually|first|also|temporarily|safely) )*"
_FIRST_WORD = re.compile(r"[A-Za-z][\w'’-]*")


CHANGES_NOTHING = (
    *("went-well", "walk-through", "optional"),
    *("prohibited", "narrated", "automatic"),
)
TOLD_RULES = ("prohibited", "narrated", "automatic")
"""The rules of sentences whose commands and lists are words of the page, no steps."""


NEXT_STEP = -1
"""The number of the step behind the present one."""


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
    is_after_look: bool = False
    """Of a condition: whether the code below only shows whether it holds."""
    to_step: int = 0
    """Of a `skip`: the number of the step at which it goes on, or `NEXT_STEP`; 0 if it
    names none."""

    @property
    def is_of_all_below(self) -> bool:
        """Whether it is about all steps behind it, and not about its item alone."""
        return self.asks and _STEPS_BELOW.match(self.consequence) is not None

    @property
    def asks(self) -> bool:
        """Whether what follows waits for a decision."""
        return self.rule in ("condition", "failure", "otherwise", "skip")


def ruled(text: str, *, leads: bool = False) -> RuledSentence:
    """The rule of one sentence.

    Args:
        text: the sentence.
        leads: whether it introduces what follows, though no word of it says so.
    """
    found = _rule_of(text[:600])
    if not leads or found.rule != "remark":
        return found
    is_elsewhere = not found.leads and _REFERS.match(found.consequence) is not None
    if is_effect(found) or is_elsewhere:
        return found
    if _OR_ELSE.match(text) or _SUGGESTS.match(text):
        return found
    if _NEED_NOT.match(found.consequence):
        is_all = _is_left_out(found.consequence)
        return replace(found, rule="skip", leads=True) if is_all else found
    is_output = introduces_output(found.consequence or text)
    is_other = _OTHERWISE.match(text) is not None
    rule: SentenceRule = "otherwise" if is_other else "condition"
    return found if is_output else replace(found, rule=rule, leads=True)


def is_only_example(text: str) -> bool:
    """Whether a text says only that an example follows of what is before it."""
    return text[:1].isalpha() and _ONLY_EXAMPLE.fullmatch(text) is not None


def is_effect(condition: RuledSentence) -> bool:
    """Whether what follows from a condition is done by a system, and by nobody."""
    does = without_addresses(condition.consequence)
    if does:
        *_, last = re.split(r", (?!(?:and|or|but) )", does)
        matches = (_EFFECT.match(does), _EFFECT.match(last), _DOES_TOO.match(does))
        return any(match is not None for match in matches)
    if _WILL.match(condition.clause):
        return True
    return not condition.leads and _DEFAULTS.search(condition.clause) is not None


@lru_cache(maxsize=1024)
def _rule_of(sentence: str) -> RuledSentence:
    if _OR_ELSE.match(sentence) and not _tells_action(sentence):
        return _ruled(sentence, "remark")
    if _OTHERWISE.match(sentence):
        return _of_condition(sentence, *_parted(sentence), rule="otherwise")
    if _TRIES.match(sentence):
        return _ruled(sentence, "walk-through")
    if _has_both_ways(sentence):
        return _ruled(sentence, "remark")
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
        if sentence[: trailing.start()].endswith("("):
            clause = clause.partition(")")[0]
        found = _of_condition(sentence, clause.rstrip(" :.)"), before)
        if found.rule == "optional" and re.search(r"\band\b", before):
            return replace(found, rule="remark")
        is_remark = (
            not found.leads
            or is_effect(found)
            or _SUGGESTS.match(sentence) is not None
            or _LED_BEFORE.search(before) is not None
        )
        is_condition = found.rule in ("condition", "failure")
        return replace(found, rule="remark") if is_condition and is_remark else found
    if _GOES_ON.match(sentence):
        return _ruled(sentence, "goes-on")
    return _ruled(sentence, "")


def _has_both_ways(sentence: str) -> bool:
    """Whether a sentence says what is done if a condition holds, and if it doesn't."""
    match = _BOTH_WAYS.search(sentence)
    begin = _WHEN.search(sentence, 0, match.start()) if match is not None else None
    return begin is not None and not _is_in_aside(sentence, begin.start())


def _tells_action(warning: str) -> bool:
    """Whether a sentence that warns says what is done then, too."""
    _, *pieces = _PIECE_END.split(warning.rstrip(" :."))
    return _SHOWS.search(warning) is not None or any(map(_is_order, pieces))


def _trailing_condition(sentence: str) -> re.Match[str] | None:
    """The condition behind an instruction: `Restart it if it hangs`."""
    match = _TRAILING.search(sentence)
    while match is not None and _is_in_aside(sentence, match.start()):
        match = _TRAILING.search(sentence, match.start() + 1)
    if match is None or not match.start():
        return None
    if _IF_IN_BRACKETS.search(sentence[: match.start()]):
        return None
    is_apart = sentence[: match.start()].endswith(", ")
    if is_apart and _GOES_BACK.search(sentence, match.start()) is not None:
        return None
    if not (is_instruction(sentence) or sentence.endswith(":")):
        return None
    if re.match(_NOT_TO, sentence, re.IGNORECASE):
        return None
    before = sentence[: match.start()]
    if _IN_THAT.search(before):
        return None
    return None if _WHETHER.search(before) else match


def _is_in_aside(sentence: str, at: int) -> bool:
    """Whether an `if` at an index is about a word only, and not about the sentence.

    So is one in brackets behind which the sentence goes on.
    """
    before = sentence[:at]
    if _IN_ASIDE.search(before):
        return True
    if before.count("(") <= before.count(")"):
        return False
    behind = sentence[at:]
    if re.search(r"\),? (?:and|or|then|but)\b", behind) is not None:
        return True
    is_in_part = re.search(r"[,;]", before) is not None
    return is_in_part and re.search(r"\)\W*\w", behind) is not None


def _of_condition(
    sentence: str, clause: str, consequence: str, rule: SentenceRule = "condition"
) -> RuledSentence:
    only = _ONLY.match(clause)
    if only is not None:
        clause, consequence = only[1], consequence or clause
    if rule == "otherwise":
        pass
    elif _WALK_THROUGH.match(clause) and (
        _WE_SEE.match(consequence) or not _MUST.search(consequence)
    ):
        rule = "walk-through"
    elif _WENT_WELL.fullmatch(re.sub(rf"^{BEFORE}", "", clause, flags=re.IGNORECASE)):
        rule = "went-well"
    elif OTHER_VALUE.match(consequence):
        rule = "other-value"
    elif _NEED_NOT.match(consequence):
        rule = "skip" if _leads_to_left_out(sentence, consequence) else "remark"
        return _ruled(sentence, rule, clause, consequence)
    elif (go := _GO_TO.match(consequence)) is not None:
        return _going(sentence, clause, consequence, go)
    elif _SKIP.match(consequence) and not sentence.endswith(":"):
        rule = "skip"
    elif _BEFORE_FAILED.match(clause):
        rule = "failure"
    found = _ruled(sentence, rule, clause, consequence)
    is_fact = not consequence and is_effect(found)
    is_doubt = _IN_DOUBT.fullmatch(clause) is not None and not found.leads
    if (rule == "condition" and is_doubt) or (
        rule in ("condition", "otherwise") and is_fact
    ):
        return replace(found, rule="remark")
    if _IF_NEEDED.fullmatch(clause) and not found.leads:
        return _ruled(sentence, "optional")
    is_action = _is_action(consequence) or not consequence
    is_shown = introduces_output(consequence or sentence) and not is_action
    is_example = EXAMPLE.match(sentence) is not None
    is_led = found.leads and _DOES_TOO.match(consequence) is None
    is_told = is_led or (is_action and not is_example)
    if found.asks and (is_shown or not is_told):
        return _ruled(sentence, "remark", clause, consequence)
    return found


def _leads_to_left_out(sentence: str, consequence: str) -> bool:
    """Whether a sentence introduces what need not be done: `You need not do this:`."""
    return sentence.endswith(":") and _is_left_out(consequence)


def _is_left_out(consequence: str) -> bool:
    """Whether a consequence is that all of something is left out, and no part."""
    match = _NEED_NOT.match(consequence)
    if match is None:
        return False
    return bool(match[1]) and (match[2] or "").lower() not in _REMARK_VERBS


def _going(
    sentence: str, clause: str, consequence: str, go: re.Match[str]
) -> RuledSentence:
    """A condition on which the page goes on at another step."""
    rule: SentenceRule = "skip" if go[1] or go[2] else "remark"
    found = _ruled(sentence, rule, clause, consequence)
    return replace(found, to_step=int(go[2] or NEXT_STEP), leads=False)


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
    sentence = _INTRODUCED.sub("", sentence)
    match = next(
        (each for each in _CLAUSE_END.finditer(sentence) if _parts(sentence, each)),
        None,
    ) or _GO_TO.search(sentence, 1)
    if match is None:
        return sentence.strip(" :."), ""
    at = match.start() if match.re is _GO_TO else match.end()
    return sentence[: match.start()].strip(" :."), sentence[at:].strip(" :.")


def _parts(sentence: str, end: re.Match[str]) -> bool:
    """Whether the clause of a condition ends there, and does not go on."""
    before, behind = sentence[: end.start()], sentence[end.end() :]
    if not behind or before.count("(") > before.count(")"):
        return False
    if end[0].startswith(":"):
        return _GOES_ON_LATER.search(behind) is None
    is_comma = end[0].startswith(",")
    is_between = is_comma and _PARENTHESIS_BEFORE.search(before) is not None
    goes_on = is_comma and _PARENTHESIS.match(behind) and not _is_order(behind)
    return not (is_between or goes_on)


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
