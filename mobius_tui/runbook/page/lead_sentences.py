"""The role of a sentence: introduction, condition, alternative, instruction."""

from __future__ import annotations

import re

BEFORE = (
    r"(?:(?:and|then|next|now|first|finally|secondly?|thirdly?|lastly|also|after that|"
    r"afterwards?|please|again|so|simply|just|optionally)[, ]+|"
    r"(?:you|we)(?: can| should| must| may| could| will| now| then| also| need to| "
    r"have to)+ |let'?s |make sure to |start by |begin by )*"
)
_TO = re.compile(
    rf"{BEFORE}(?:run|execute|use|issue|enter|type|apply|running|using)\b.{{0,100}}? "
    r"(?:in order )?to (.{3,})",
    re.IGNORECASE,
)
_FIRST_TO = re.compile(
    rf"{BEFORE}(?:in order )?to (.{{3,}}?)[,:]? {BEFORE}(?:run|execute|use|do|issue|"
    r"enter|type|try|perform|apply|proceed|follow)\b.*",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(.{3,}?),? (?:by (?:running|executing|using|typing|issuing)|(?:with|using|via|by|"
    r"in|as|from|through) (?:the )?(?:following|this|these|below)|as follows|like this|"
    r"like so|as shown|as below)\b.{0,60}",
    re.IGNORECASE,
)
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
SENTENCE = re.compile(r"(?<=[.!?:])(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)\s+(?=[A-Z`\"'(\d])")
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
acknowledge activate add adjust allow always analyze announce apply approve ask assess
assign attach authorize avoid back backup block boot bring build bump call cancel
capture cease change check choose clean clear click clone close collect commit
communicate compare configure confirm connect contact copy cordon create cross-check
deactivate decide declare decrease delete deploy describe destroy detach determine dial
diff disable disconnect dismiss do double-check download drain drop edit email enable
ensure enter escalate evaluate examine exec execute expand export extract failover fetch
file fill find finish fix flush follow follow-up force gather generate get give go halt
identify implement import increase inform initialize inspect install instruct interview
investigate isolate issue join keep kill launch leave let list load locate lock log
login look lower maintain make mark measure merge message migrate modify monitor mount
move navigate never note notify observe obtain open order page pause perform pick pin
place plan point post power practice prepare press prevent produce promote provide
publish pull purge push put quarantine query quit raise reach read reassign reboot
rebuild recheck record recover recreate redeploy redirect reduce refresh register reject
release reload remediate remove rename repair repeat replace replay report request
reschedule reset resize resolve respond restart restore resume retrieve retry return
revert review revoke roll rollback rotate run save scale scan schedule search see seek
select send set share shut shutdown sign silence skip spin ssh stage stand start stash
step stop store submit supply suppress suspend switch sync tag tail take tear tell
terminate test throttle tick tie transfer treat trigger try tune turn type uncordon
understand undo uninstall unlock unmount unset unzip update upgrade upload use vacuum
validate verify visit wait warn watch wipe work write
"""
_VERBS = frozenset(_VERB_NAMES.split())
_WORD = re.compile(r"[A-Za-z][\w'’.-]*")


def lead_title(text: str) -> str:
    """The title that an introducing paragraph gives to what follows; empty if none.

    It comes from its last sentence, unless that is only `Run this command:`.
    """
    for sentence in reversed(SENTENCE.split(" ".join(text.split()))):
        or_else = _OR.match(sentence)
        title = _purpose(
            sentence[or_else.end() if or_else is not None else 0 :].strip()
        )
        words = [word.lower().strip(".'’-") for word in _WORD.findall(title)]
        if any(word not in _EMPTY_WORDS for word in words):
            return title[:1].upper() + title[1:]
    return ""


def _purpose(sentence: str) -> str:
    """The purpose in a sentence: `check the pods` of `Run this to check the pods:`."""
    bare = sentence.rstrip(" :.,;…")
    for pattern in (_FIRST_TO, _TO, _BY):
        match = pattern.fullmatch(bare)
        if match is not None:
            return match[1].rstrip(" :.,;")
    return bare


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


def is_instruction(text: str) -> bool:
    """Whether a sentence is an instruction: it begins with a verb."""
    match = _WORD.search(text[:80])
    bare = re.sub(rf"^{BEFORE}", "", text[:200], flags=re.IGNORECASE)
    first = _WORD.match(bare) or match
    return first is not None and first[0].lower().rstrip(".:") in _VERBS
