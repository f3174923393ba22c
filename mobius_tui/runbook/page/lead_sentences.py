"""The role of a sentence: title, introduction, condition, alternative, instruction."""

from __future__ import annotations

import re

from mobius_tui.runbook.text.shortening import shortened_at_word

MAX_TITLE_CHARACTERS = 60
"""Characters of a step's title; a checklist shows some 30 to 50."""
BEFORE = (
    r"(?:(?:and|then|next|now|first|finally|secondly?|thirdly?|lastly|also|after that|"
    r"afterwards?|please|again|so|simply|just|optionally)[, ]+|"
    r"(?:you|we)(?: can| should| must| may| could| will| now| then| also| just| "
    r"need to| have to)+ |let'?s |make sure to |start by |begin by )*"
)
_TO = re.compile(
    rf"{BEFORE}(?:run|execute|use|issue|enter|type|apply|running|using)\b.{{0,100}}? "
    r"(?:in order )?to (.{3,})",
    re.IGNORECASE,
)
_FIRST_TO = re.compile(
    rf"{BEFORE}(?:in order )?to (.{{3,}}?)[,:]? {BEFORE}(?:run|execute|use|do|issue|"
    r"enter|type|try|perform|apply|proceed|follow)\b(?<! in use).*",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(.{3,}?),? (?:by (?:running|executing|using|typing|issuing)|(?:with|using|via|by|"
    r"in|as|from|through) (?:the )?(?:following|this|these|below)|as follows|like this|"
    r"like so|as shown|as below)\b.{0,60}",
    re.IGNORECASE,
)
_PURPOSES = (_FIRST_TO, _TO, _BY)
_MUST_DO = re.compile(
    rf"{BEFORE}(?:in order )?(?:to|for) .{{3,}}?, (?:you|we) (?:must|should|need to|"
    r"have to|will need to)(?: also| first)? ((?!use\b|run\b|execute\b|do\b).{3,})",
    re.IGNORECASE,
)
"""`To send writes, you must retrieve …`: what must be done, not what for."""
_ADDRESSED = re.compile(
    r"(?:(?:then|next|now|first|finally|secondly?|thirdly?|lastly|also|after that|"
    r"afterwards?|please|so|simply|just)[, ]+|"
    r"(?:you|we)(?: should| must| will| now| then| also| need to| have to)+ |let'?s )+",
    re.IGNORECASE,
)
"""What stands before an imperative and adds nothing to it."""
_REMARK = re.compile(
    rf"{BEFORE}(?:note|see|refer|replace|remember|make sure|ensure|ask|read|keep|be|"
    r"this|that|it|these|those|there|for (?:more|details))\b",
    re.IGNORECASE,
)
"""A sentence beside the one that says what is done."""
_LINKED = re.compile(
    r"[ ]*\((?:https?://|\.{0,2}/|#)[^\s()]*(?:\([^\s()]*\)[^\s()]*)*\)"
    r"|[ ]*\([^\s()]+\.(?:md|html?|png|svg|jpe?g|adoc|rst)(?:#[^\s()]*)?\)"
    r"|[ ]*<?https?://[^\s<>)]+>?"
)
"""The address of a link behind its words, and a bare address."""
_BRACKETS = re.compile(r"[ ]*\([^()]*\)")
_CLAUSE = re.compile(
    r"(?P<sign>[;:.][ ]|[ ](?:-{1,2}|–|—|\()[ ]?"
    r"|,[ ](?=(?:which|who|where|so|because|as|since|then|and|but|you|we|it|this|that|"
    r"the|in|by|with|for|to|if|when|unless|or|using|while|until)\b)"
    r"|[ ](?=(?:which|that|because|since|so|to|by|with|for|in|on|from|using|into|via|"
    r"through|while|where|when|whenever|if|unless|until|before|after|and|or|but|"
    r"without|except|as|during|at|under|against)\b))",
    re.IGNORECASE,
)
"""Where a clause or a phrase ends."""
_CHANGES_SENSE = re.compile(
    r"(?:and|or|but|if|unless|until|when|whenever|before|after|without|except|not|only|"
    r"then|,)\b",
    re.IGNORECASE,
)
_OPEN_NAMES = """
a an the and or but not no only to of in on at by with for from as is are was were be
been being has have had need needs needed want wants able going sure verify ensure check
confirm whether that which if when than then so such this these those its their your our
any all each every both either neither more most very also can could may might must
should will would do does did about into onto up down out over under between due
according related similar used using order via one two per
"""
_OPEN_WORDS = frozenset(_OPEN_NAMES.split())
"""Words after which a phrase goes on."""
_MIN_TITLE = 16
"""Characters: what is shorter says too little of a longer sentence."""
_EMPTY_NAMES = """
run execute use enter type issue do see try it this that the these those a an below
following command commands script scripts query queries example examples or for instance
like eg e.g as follows with using one of sql statement statements cli from in shell
terminal code snippet so note warning tip caution important info danger and then
alternatively otherwise output looks look something now next you can should will we
please bash here on to is are be step steps either way also again above line lines file
prompt
"""
_EMPTY_WORDS = frozenset(_EMPTY_NAMES.split())
"""Words that say nothing about the commands that they introduce."""
SENTENCE = re.compile(
    r"(?<=[.!?:])(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)(?<![\"'`]\.\.\.)\s+(?=[A-Z`\"'(\d])"
)
_OUTPUT = re.compile(
    r"\b(?:outputs?|prints?|returns?|respon[ds]\w*|results?|expected|looks? "
    r"(?:something )?like|similar to|you(?:'ll| should| will| may| might)? "
    r"(?:then |now |also )?(?:see|get)|displays?|shows?|sample|yields?|"
    r"something like)\b",
    re.IGNORECASE,
)
_LOOKS_BACK = re.compile(
    r"(?:this|that|it|the (?:output|command|result|above)|you (?:should|will) |expected"
    r"|note|nb\b|where |these |replace |time\b|if |once |wait )",
    re.IGNORECASE,
)
_OTHER_WAY = re.compile(
    r"(?:or|alternatively|or alternatively|as an alternative|another (?:way|option)|"
    r"instead)\b(?!\s*else)",
    re.IGNORECASE,
)
_OR = re.compile(r"(?:or|alternatively)\b[, ]+(?=\w)", re.IGNORECASE)
_FOR_SYSTEM = re.compile(
    r"(?:on|for|in|with|using)?[ ]*(?:rhel|red ?hat|centos|fedora|debian|ubuntu|"
    r"debian[/ ]+ubuntu|rhel[/ ]+centos|alpine|arch|suse|linux|mac ?os(?: x)?|mac|osx|"
    r"windows|powershell|docker|docker compose|podman|kubernetes|systemd|aws|gcp|azure|"
    r"bare metal)(?: (?:linux|users?|systems?|hosts?|based))*|"
    r"(?:on|for) (?:systems?|hosts?|nodes?|clusters?) (?:with|running|using) .{2,30}",
    re.IGNORECASE,
)
_VERB_NAMES = """
acknowledge activate add adjust allow always analyze annotate announce apply approve ask
assess assign attach authorize avoid back backup block boot bring build bump call cancel
capture cease change check choose clean clear click clone close collect commit
communicate compare configure confirm connect contact copy cordon create cross-check
deactivate decide declare decrease delete deploy describe destroy detach determine dial
diff disable disconnect dismiss do double-check download drain drop edit eject email
enable ensure enter escalate evaluate examine exec execute expand export extract
failover fetch file fill find finish fix flush follow follow-up force forget gather
generate get give go halt identify implement import increase inform initialize insert
inspect install instruct interview investigate isolate issue join keep kill launch leave
let list load locate lock log login look lower maintain make mark measure merge message
migrate modify monitor mount move navigate never note notify observe obtain open order
override page pause perform pick pin place plan plug point post power practice prepare
press prevent produce promote provide publish pull purge push put quarantine query quit
raise re-run reach read reapply reassign reboot rebuild recheck record recover recreate
redeploy redirect reduce refresh register reinstall reject release reload remediate
remount remove rename repair repeat replace replay report request rerun reschedule reset
resize resolve respond restart restore resume retrieve retry return revert review revoke
roll rollback rotate run save scale scan schedule search see seek select send set share
shut shutdown sign silence skip spin ssh stage stand start stash step stop store submit
supply suppress suspend switch sync tag tail take tear tell terminate test throttle tick
tie transfer treat trigger try tune turn type uncordon understand undo uninstall unlock
unmount unplug unset unzip update upgrade upload use vacuum validate verify visit wait
warn watch wipe work write
"""
_VERBS = frozenset(_VERB_NAMES.split())
_WORD = re.compile(r"[A-Za-z][\w'’.-]*")


def lead_title(text: str) -> str:
    """The title that a paragraph gives to what follows; empty if it gives none.

    It comes from the sentence that says what is done: the first imperative, or what the
    commands are run for. What only says `Run this command:` gives none.
    """
    sentences = [
        each[match.end() if (match := _OR.match(each)) is not None else 0 :].strip()
        for each in SENTENCE.split(without_addresses(" ".join(text.split())))
    ]
    for sentence in sorted(sentences, key=_rank):
        title = _purpose(sentence)
        words = [word.lower().strip(".'’-") for word in _WORD.findall(title)]
        if any(word not in _EMPTY_WORDS for word in words):
            return title[:1].upper() + title[1:]
    return ""


def _rank(sentence: str) -> int:
    """How well a sentence says what is done; the lowest best, the first of equals."""
    is_remark = _REMARK.match(sentence) is not None
    if is_instruction(sentence) and not is_remark:
        return 0
    if any(each.fullmatch(sentence.rstrip(" :.,;…")) for each in _PURPOSES):
        return 1
    return 3 if is_remark else 2


def without_addresses(text: str) -> str:
    """The text without the addresses of links, which say nothing on a checklist."""
    return _LINKED.sub("", text) if "/" in text or "." in text else text


def fit_title(text: str, longest: int = MAX_TITLE_CHARACTERS) -> str:
    """A text as a title: on one line, without addresses, its first clauses that fit.

    What is left out is marked by `…` where it may change what the rest says, as "and",
    "if" and "not" do, and where no clause ends in time.
    """
    line = " ".join(text[: longest * 20].split())
    bare = " ".join(without_addresses(line).split()).strip() or line
    bare = bare.rstrip(":\\ ")
    if len(bare) <= longest:
        return bare
    without = " ".join(_BRACKETS.sub("", bare).split())
    if _MIN_TITLE <= len(without) <= longest:
        return without
    best = ""
    for match in _CLAUSE.finditer(bare[: longest + 12]):
        head = bare[: match.start()].rstrip(" ,;:.-–—")
        if len(head) <= longest and _is_phrase(head):
            rest = bare[match.end("sign") :]
            best = f"{head}…" if _CHANGES_SENSE.match(rest) else head
    return best if 0 < len(best) <= longest else shorten(bare, longest)


def _is_phrase(head: str) -> bool:
    """Whether what stands before a cut can stand alone."""
    words = head.split()
    return (
        len(words) > 2
        and len(head) >= _MIN_TITLE
        and words[-1].lower() not in _OPEN_WORDS
        and head.count('"') % 2 == 0
        and head.count("(") == head.count(")")
        and head.count("[") == head.count("]")
        and head.count("`") % 2 == 0
    )


def shorten(text: str, longest: int = MAX_TITLE_CHARACTERS) -> str:
    """The beginning of a text on one line, at most `longest` characters."""
    bare = " ".join(text[: longest * 4].split()).rstrip(":\\ ")
    return shortened_at_word(bare, longest)


def _purpose(sentence: str) -> str:
    """The purpose in a sentence: `check the pods` of `Run this to check the pods:`."""
    bare = sentence.rstrip(" :.,;…")
    done = _MUST_DO.fullmatch(bare)
    if done is not None and is_instruction(done[1]):
        bare = done[1]
    for pattern in _PURPOSES:
        match = pattern.fullmatch(bare)
        if match is not None:
            return match[1].rstrip(" :.,;")
    without = _ADDRESSED.sub("", bare)
    return without if without != bare and is_instruction(without) else bare


def introduces_output(text: str) -> bool:
    """Whether a paragraph introduces the output of a command."""
    last = SENTENCE.split(" ".join(text.split()))[-1]
    return _OUTPUT.search(last) is not None and not re.match(
        rf"{BEFORE}(?:run|execute|use|create|add|edit|set|put|copy|save)\b",
        last,
        re.IGNORECASE,
    )


def looks_back(text: str) -> bool:
    """Whether a paragraph is about what precedes it, and introduces nothing."""
    return not text.rstrip().endswith(":") and _LOOKS_BACK.match(text) is not None


def is_alternative(text: str) -> bool:
    """Whether a paragraph introduces an alternative to what precedes it."""
    return _OTHER_WAY.match(text) is not None


def is_for_system(text: str) -> bool:
    """Whether a paragraph only names the system that follows: `On macOS:`."""
    return _FOR_SYSTEM.fullmatch(text.strip().rstrip(":").strip()) is not None


def names_place(comment: str) -> bool:
    """Whether a comment in a script only says where, or with what, and not what."""
    return re.match(r"(?:on|in|at|from|as|with|for|or)\b", comment, re.I) is not None


def is_instruction(text: str) -> bool:
    """Whether a sentence is an instruction: it begins with a verb."""
    match = _WORD.search(text[:80])
    bare = re.sub(rf"^{BEFORE}", "", text[:200], flags=re.IGNORECASE)
    first = _WORD.match(bare) or match
    return first is not None and first[0].lower().rstrip(".:") in _VERBS
