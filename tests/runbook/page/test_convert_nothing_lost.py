"""Whatever a page is made of, each of its words stands in the runbook, in order."""

from __future__ import annotations

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runbook.page.imported import imported

PLAIN = [
    *("@ @ @.", "@ @:", "Check @ @:", "@ @. Then @ @:", "The @ is @. Run this:"),
    *("[@](https://@.example) and [@][ref]", "`@` **@** *@* ~@~", "```@ @``` @"),
    *("<b>@</b> @<br>@ <@>", "![@](@.png)", "You should see @:", "> @ @\n> @"),
    *("- @ @\n- @\n\n  @ @", "* restart @\n* check @\n  * @", "+ [ ] @\n+ [x] @ @"),
    "1. @ @\n2. @\n   - @\n   - @",
    "1) @:\n  @ @\n2) stop @",
    '!!! note "@"\n    @ @\n\n    - @',
    "> [!WARNING]\n> @ @",
    ":::tip\n\n@ @\n\n:::",
    "<p align=center>@ @</p>",
    "@\n: @",
    "Note: @ @",
    "\\@ &amp; @ \\* @",
]
CODES = [
    "```bash\nkubectl get @ @\n```",
    "```sh\n# @ @\nls @\n\nls @\n```",
    "```console\n$ cat <<EOF > @\n> @\n> EOF\n$ ls @\n```",
    "```console\n$ cat <<'EOF'\n@\n$ @\nEOF\n```",
    "```console\nsystemctl stop @\n# @ @\nrm @\n```",
    "```python\nprint('@')\n```",
]
ANYWHERE = [
    "    ls @ \\\n      @",
    "Run `systemctl restart @`.",
    "1. Restart @:\n\n   ```sh\n\tls @\n   cat <<-X\n   \t@\n   \tX\n   ```\n",
    "- @\n  ```\n  ls @\n  ```\n- @\n",
    "```sql\nselect '@'\n  from @;\n```",
    "```console\nPS C:\\> Restart-Service @\n```",
    "```mermaid\n@ --> @\n```",
    "```json\n{\"@\": '''@'''}\n```",
    "```yaml\n  @: @\n  @: 1\n```",
    "~~~\n@ @\n  @\n~~~",
    "```console\n[root@db1 ~]# ls @\n@ @\n[root@db1 ~]# ls @\n```",
    "```\n➜  ~ ls @\n@\n```",
    "```console\nshop=# select @;\n @\nshop=# select @\nshop-# from @;\n```",
    "```\nmysql> stop @;\nOK @\n```",
    "| @ | @ |\n|---|---|\n| @ | @ |\n| @ |  |\n| @ | @ | @ |",
    "| Step | Command |\n|---|---|\n| @ | `ls @` |",
    "<table><tr><th>@</th></tr>\n<tr><td>@ <b>@</b></td></tr></table>",
    "<details><summary>@</summary>\n\n@ @\n\n```bash\nls @\n```\n\n</details>",
    "<details>\n<summary>If @ fails</summary>\n\n@\n\n</details>",
    '=== "@"\n\n    @\n\n    ```bash\n    ls @\n    ```\n\n=== "@"\n\n    ls @ @',
    """<Tabs>\n<TabItem value="@">\n\n@\n\n</TabItem>\n<TabItem value="x">\n
```sh\nls @\n```\n\n</TabItem>\n</Tabs>""",
    "If @ fails, @:\n\n```bash\nrm @\n```\n\n@ @.",
    "1. stop @\n2. If @ is down, @\n   ```\n   ls @\n   ```\n3. start @",
    "Or @:\n\n```bash\nls @\n```",
    "On macOS:\n\n```bash\nls @\n```\n\nOn Linux:\n\n```bash\nls @\n```",
    "<pre>\n@ @\n</pre>\n\n<ul><li>@</li><li>@ @</li></ul>",
    "<h3>@ @</h3>",
    *(
        "## @ @",
        "### @ @",
        "#### Troubleshooting @",
        "## Rollback @",
        "## About @ @",
        "### 2.3 @ @",
        "## 1.20.0 (@)",
        "@ @\n---",
    ),
    *("## Option 1: @\n\n```\nls @\n```\n\n## Option 2: @\n\n@", "# @", "## Overview"),
    *("## Contacts\n\n- @: @@\n- @ @ @ is @.", "## Messages\n\n```\n@ @\n```"),
    "## When to @\n\n- @\n- @",
]


def numbered(blocks: list[str]) -> tuple[str, list[list[str]]]:
    """A page of blocks whose words are all different, and the words of each block."""
    numbers = itertools.count(100)
    words: list[list[str]] = []

    def word(_: re.Match[str]) -> str:
        words[-1].append(f"w{next(numbers)}x")
        return words[-1][-1]

    parts = []
    for block in blocks:
        words.append([])
        parts.append(re.sub(r"@(?![a-z])", word, block.replace("root@db1", "\0")))
    page = "\n\n".join(parts).replace("\0", "root@db1")
    return f"{page}\n\n[ref]: https://ref.example\n", words


BLOCKS = st.lists(st.sampled_from([*PLAIN, *CODES, *ANYWHERE]), max_size=12)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(BLOCKS)
def test_no_word_is_lost(blocks: list[str]) -> None:
    page, words = numbered(["# T", "1. First @", *blocks, "Last @."])
    made, _ = imported(page)
    made = made.lower()  # a title begins with a capital letter
    lost = [each for block in words for each in block if each not in made]
    assert lost == [], page


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.lists(st.sampled_from([*PLAIN, *CODES]), min_size=1, max_size=10))
def test_the_words_of_a_section_keep_their_order(blocks: list[str]) -> None:
    page, words = numbered(["# T", "## S", *blocks])
    made, _ = imported(page)
    said = [each for block, own in zip(["", "", *blocks], words, strict=True)
            for each in own if block in PLAIN]  # fmt: skip
    typed = [each for block, own in zip(["", "", *blocks], words, strict=True)
             for each in own if block in CODES]  # fmt: skip
    for each in (said, typed):
        places = [made.lower().rindex(word) for word in each]
        assert places == sorted(places), page


@settings(derandomize=True, deadline=None, max_examples=50)
@given(BLOCKS)
def test_no_two_steps_of_a_phase_are_called_alike(blocks: list[str]) -> None:
    page, _ = numbered(["# T", "1. First @", *blocks])
    made, book = imported(page)
    assert imported(page)[0] == made
    for phase in book.phases:
        titles = [step.title for step in phase.steps]
        assert len(set(titles)) == len(titles), page
