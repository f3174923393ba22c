"""Commands on a page: known programs, commands in sentences, blocks of code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mobius_tui.runbook.page.page_blocks import CodeFence
from mobius_tui.runbook.page.script_quoting import QuotingScanner
from mobius_tui.runbook.page.terminal_sessions import (
    SessionPart,
    begins_with_prompt,
    is_of_root,
    read_session,
)
from mobius_tui.runbook.shell.script_parser import parse_script
from mobius_tui.runbook.text.placeholders import placeholders

_NAMES = """
7z a2dismod a2enmod a2ensite aa-status ab alembic ansible ansible-galaxy ansible-lint
ansible-playbook ansible-vault apachectl apk apt apt-cache apt-get argo argocd asdf
auditctl aureport ausearch awk aws az barman base64 bash bazel blkid borg bosh btrfs
btrfs-progs buildah bundle bundler busctl bzip2 cargo cat cd celery ceph ceph-volume
cephadm certbot chattr chcon chef-client chgrp chmod chown chpasswd chronyc chsh
clickhouse clickhouse-client cmctl code composer consul coredumpctl corosync-cfgtool
cosign cp cqlsh crane createdb createuser crictl crm crontab cryptsetup csplit ctr curl
cut dd depmod df dig django-admin dmesg dmidecode dmsetup dnf docker docker-compose
doctl dotnet dpkg dracut drbdadm dropdb dropuser du duplicity e2fsck ebtables echo
efibootmgr egrep eksctl envsubst etcd etcdctl etcdutl ethtool eval exim export exportfs
fail2ban-client faillock fallocate fdisk ffmpeg fgrep fio firewall-cmd flask flux free
fsck ftp fuser gcc gcloud gdisk gem getenforce getent git gitlab-ctl gitlab-psql
gitlab-rails gitlab-rake gluster go gpg gradle grep groupadd grub2-mkconfig grubby
gsutil gunicorn gunzip gzip haproxy head helm helmfile hostnamectl htop httpie hwclock
iconv ifconfig incus influx influxd initctl insmod iostat iotop ip ip6tables ipmitool
iptables iscsiadm istioctl java journalctl jq k3s k9s kafka-consumer-groups.sh
kafka-topics kafka-topics.sh keytool kill killall kind knife kops kubeadm kubectl
kubectl-argo-rollouts kubectx kubens kubeseal kustomize launchctl ldapsearch lftp
linkerd ln logger loginctl logrotate losetup ls lsblk lscpu lshw lsof lspci lvcreate
lvextend lvremove lvresize lvs lxc machinectl mailq make mariabackup mc mdadm mesg
minikube mkdir mkfs mkinitcpio mkswap modprobe molecule mongo mongod mongodump
mongorestore mongosh mount mount.nfs mpstat mtr multipath mv mvn mysql mysqladmin
mysqlbinlog mysqlcheck mysqldump mysqlslap nano nc ncat nerdctl netstat networkctl
newgrp newusers nft nginx nmap nmcli node nodetool nohup nomad npm npx nslookup ntpdate
ntpq nvidia-smi nvm nvme oc openssl oras packer pacman pam_tally2 partprobe
pg_archivecleanup pg_basebackup pg_controldata pg_ctl pg_ctlcluster pg_dump pg_dumpall
pg_isready pg_lsclusters pg_resetwal pg_restore pg_rewind pg_upgrade pg_waldump
pgbackrest pgbench pgloader pgrep php php-fpm pidof ping ping6 pip pip3 pipx pkill pnpm
podman poetry postqueue postsuper printf promtool ps psql pulumi puppet pvcreate
pvresize pvs pwd pwsh python python3 qemu-img qm rabbitmq-diagnostics rabbitmq-plugins
rabbitmq-server rabbitmqadmin rabbitmqctl rados radosgw-admin rails rake rbd rclone
readlink realpath rebar redis-cli redis-server reindexdb renice repmgr resize2fs
resolvectl restic restorecon rke rm rmdir rmmod rndc rpm rsync rustup s3cmd sar scp
screen sed semanage service set setenforce setfacl sftp sgdisk sh sha256sum showmount
shutdown skopeo smartctl sops sort source sqlite3 ss ssh ssh-add ssh-copy-id ssh-keygen
sshpass stat stern strace su sudo supervisorctl swapoff swapon sysctl systemctl
systemd-analyze tail talosctl tar targetcli tcpdump tee telnet terraform terraformer
terragrunt tflint timedatectl timeout tkn tmux touch tr traceroute trivy truncate
tune2fs udevadm ufw ulimit umount uname uniq unset unzip update-ca-certificates
update-grub update-initramfs uptime useradd userdel usermod uwsgi vacuumdb vagrant vault
velero vgextend vgs vi vim virsh virtualenv visudo vmstat wal-g wall wget wipefs xargs
xfs_db xfs_growfs xfs_info xfs_repair xtrabackup xz yarn yq yum zcat zfs zip zkCli.sh
zookeeper-shell.sh zpool zypper
"""
_SAID_TOO = """
at date diff file find for host hostname id if last less make more test time top type
until w watch which while who
"""
"""Words of English too: these begin a command where something of one follows."""
PROGRAMS = frozenset(_NAMES.split()) | frozenset(_SAID_TOO.split())
_ASSIGNED = re.compile(r"(?:[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|[^\s\"';|&]*)[ \t]+)+")
_PATH = re.compile(
    r"(?:\./|bin/|(?:~|\.\.)?/(?:[\w.@+-]+/)*s?bin/|(?:~|\.\.)?/?(?:[\w.@+-]+/)*scripts/)"
    r"[\w./@+-]*\w|(?:\.{0,2}/|~/)[\w./@+-]*\.(?:sh|py|pl|rb)"
)
"""A program by its path; what else begins with `/` may be a file that is listed."""
_OF_COMMANDS = re.compile(r"[ \t](?:--?[A-Za-z]|\.|/|\$|[\"'<{~*]|\w+=)|\bin\b|\[")
_WITH_OPTIONS = re.compile(
    r"[a-z][a-z0-9_.-]*(?: [a-z][\w-]*){0,3} (?:--[a-z][\w-]+|-[A-Za-z](?=[ ]|$)).*[^.]"
)


def is_command(line: str) -> bool:
    """Whether a line begins as a command does."""
    if not line.strip():
        return False
    bare = _ASSIGNED.sub("", line.strip(), count=1)
    first, _, rest = bare.partition(" ")
    if first in _SAID_TOO.split():
        return not rest or _OF_COMMANDS.search(f" {rest}") is not None
    if first == "export" or bare.startswith(("[ ", "[[ ", ". ")):
        return True
    if first in PROGRAMS or _PATH.fullmatch(first) is not None:
        return True
    return _WITH_OPTIONS.fullmatch(bare) is not None


_LEADS_IN = re.compile(
    r"(?:^|\b(?:run|running|execute|executing|use|using|with|via|by|command|do|type|"
    r"enter|issue|try|then)\b[^.;]{0,40})[ \t:]*$",
    re.IGNORECASE,
)


def inline_command(text: str, codes: Sequence[str]) -> str:
    """The command that a sentence wants to be run; empty where it wants none.

    It is the only code of the sentence, ends it, and words such as `run` lead in to it.
    """
    if len(codes) != 1 or "\n" in codes[0]:
        return ""
    command = codes[0].strip()
    before, _, after = text.rpartition(codes[0])
    if after.strip(" .:;") or not is_command(command) or " " not in command:
        return ""
    if command.split()[0] not in PROGRAMS and "/" not in command.split()[0]:
        return ""
    return command if _LEADS_IN.search(before.rstrip("`\"' ")) is not None else ""


_SHELLS = frozenset({"bash", "sh", "shell", "zsh", "ksh", "dash", "shellscript"})
_SESSION_NAMES = """
console terminal session shell-session shellsession sh-session bash-session
shellconsole
"""
_SESSIONS = frozenset(_SESSION_NAMES.split())
"""What people call a block that shows a terminal: prompts, commands and output."""
_INTERPRETERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("python", "python3", "py"), ("python3",)),
    "perl": ("perl",),
}
"""Languages that are run as they stand, and by what."""
OUTPUTS = frozenset({"", "text", "txt", "plain", "plaintext", "output", "log", "none"})
"""Languages of a block that may be what a command prints."""
_LANGUAGE = re.compile(r"\{?[ \t]*\.?([A-Za-z][A-Za-z0-9_+#-]*)")
_COMMENT = re.compile(r"#+(?!!)[ \t]*(.*)")
_WINDOWS = frozenset({"powershell", "cmd"})
_STARTS = {"psql": "psql -X -v ON_ERROR_STOP=1", "python3": "python3 -"}
_SQL = frozenset({"sql", "pgsql", "postgresql", "postgres", "psql", "mysql"})
_SQL_CLIENT = re.compile(r"\b(?:psql|mysql)\b")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|<[^<>]*>|\S*)")
"""What sets a variable: alone it is a setting, before a command a part of it."""
_CALL = re.compile(r"[a-z_]\w*\((?!\))")
"""How a query begins, and no command."""
_USAGE = re.compile(
    r"^```|\[<|\[\.\.\.|\.\.\.\]|\[--?[a-z]|\((?:same as|see)\b|^alias(?:es)?:|"
    r"\]\(https?://|^[ \t]*<(?:table|tr|details|div|p|!--)",
    re.IGNORECASE | re.MULTILINE,
)
"""What a command's synopsis has, and no script: `[<tag>]`; a block that was never
closed has the Markdown below it."""
_OPTIONAL = re.compile(r"(?:^|[ \t])\[{1,2}(?:--?[\w-]+[ =])?<@?[A-Za-z]", re.MULTILINE)
"""What a synopsis leaves to choice, `[--otp <code>]`: bash would take the brackets for
arguments, and the angles for files."""
_BASE = re.compile(r"\w[\w-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeBlock:
    """What a block holds."""

    language: str
    """What it calls itself, or what its prompts say."""
    text: str
    """The whole of it, without prompts; empty where there is nothing."""
    script: str = ""
    """What is to be run; empty where it is text."""
    shell: tuple[str, ...] = ()
    """What runs the script; empty for bash."""
    output: str = ""
    """What the page shows that the commands print."""
    titles: tuple[str, ...] = ()
    """Its comments: what its author calls the parts of it."""


def language(info: str) -> str:
    """The language that a fence names: `bash` for `{.bash .numberLines}`."""
    match = _LANGUAGE.match(info)
    return match[1].lower() if match is not None else ""


def classify_code(fence: CodeFence) -> CodeBlock:
    """What a block holds; what bash does not read is text, unless it must be typed."""
    found = _code(fence)
    if not found.script or found.shell or not _is_no_script(found, fence):
        return found
    return CodeBlock(language=found.language, text=fence.text.strip("\n").rstrip())


def _is_no_script(found: CodeBlock, fence: CodeFence) -> bool:
    """Whether a block is a synopsis, or bash cannot read it and need not."""
    quoting = QuotingScanner(found.script)
    optional = _OPTIONAL.finditer(found.script)
    if any(quoting.at(each.end() - 1) == "none" for each in optional):
        return True
    if found.language in _SHELLS:
        if _USAGE.search(found.script) is None:
            return False
    elif begins_with_prompt(fence.text.split("\n")):
        return False
    parts: list[str] = []
    at = 0
    for each in placeholders(found.script):
        parts += [found.script[at : each.start], "x"]
        at = each.end
    return parse_script("".join([*parts, found.script[at:]])).broken is not None


def _code(fence: CodeFence) -> CodeBlock:
    """What a block is by its language, its prompts and its first line."""
    named = language(fence.info)
    lines = fence.text.strip("\n").rstrip().split("\n")
    lines = [line.rstrip("\r") for line in lines]
    text = "\n".join(lines)
    if not text.strip():
        return CodeBlock(language=named, text="")
    if named in _INTERPRETERS and not begins_with_prompt(lines):
        shell = _INTERPRETERS[named]
        return CodeBlock(language=named, text=text, script=f"{text}\n", shell=shell)
    of_shell = named in _SHELLS
    open_named = not named or named in _SESSIONS
    root = open_named and is_of_root(lines, PROGRAMS)
    if named in _SESSIONS and _CALL.match(_first(lines)) is not None:
        return CodeBlock(language="", text=text)
    if root or named in _SESSIONS or begins_with_prompt(lines):
        return _of_session(named, lines, root=root)
    if of_shell or (not named and is_command(_first(lines, but=_ASSIGNMENT))):
        return _of_shell(named, lines, "")
    return CodeBlock(language=named, text=text)


def _first(lines: Sequence[str], but: re.Pattern[str] | None = None) -> str:
    """The first line that is no comment, and nothing else that does not count."""
    bare = [line.strip() for line in lines]
    bare = [line for line in bare if line and line[0] != "#"]
    return next((line for line in bare if but is None or not but.fullmatch(line)), "")


def _of_shell(
    named: str, lines: Sequence[str], output: str, places: Sequence[str] = ()
) -> CodeBlock:
    text = "\n".join(lines)
    if not _first(lines):
        return CodeBlock(language=named, text=text)
    said = (line for line in lines if line not in places)
    titles = [match[1].strip() for each in said if (match := _COMMENT.match(each))]
    return CodeBlock(
        language=named,
        text=text,
        script=f"{text}\n",
        output=output,
        titles=tuple(title for title in titles if title),
    )


def _of_session(named: str, lines: Sequence[str], *, root: bool) -> CodeBlock:
    shown = read_session(lines, root=root)
    output = "\n".join(shown.printed).strip("\n")
    clients = {part.client for part in shown.parts}
    typed = [line for part in shown.parts for line in part.typed]
    if clients & _WINDOWS:
        client = next(iter(sorted(clients & _WINDOWS)))
        text = "\n".join(typed)
        return CodeBlock(language=client, text=text, output=output)
    script: list[str] = []
    for part in shown.parts:
        if part.client:
            _to_client(part, script)
        else:
            script += part.typed
    return _of_shell(named, script, output, shown.places)


def said_for(found: CodeBlock, lead: str) -> CodeBlock:
    """SQL for the client that the page runs it in, where it names one.

    Args:
        found: any block.
        lead: the paragraph that leads in to it.
    """
    if found.language not in _SQL or found.script:
        return found
    named = _SQL_CLIENT.search(found.language) or _SQL_CLIENT.search(lead)
    if named is None:
        return found
    script: list[str] = []
    _to_client(SessionPart(client=named[0], typed=found.text.split("\n")), script)
    return replace(found, script="\n".join(script) + "\n")


def _to_client(part: SessionPart, script: list[str]) -> None:
    """What was typed to a program, as a here-document for it.

    The program is the one that the line before started, or it is started here.
    """
    while script and not script[-1].strip():
        script.pop()
    end = "EOF"
    while end in part.typed:
        end += "F"
    if script and re.search(rf"\b{part.client}\b[^|;&<]*$", script[-1]) is not None:
        script[-1] += f" <<'{end}'"
    else:
        base = part.base if part.client in ("psql", "mysql") else ""
        start = _STARTS.get(part.client, part.client)
        if _BASE.fullmatch(base) is not None:
            start += f" -d {base}" if part.client == "psql" else f" {base}"
        script.append(f"{start} <<'{end}'")
    script += [*part.typed, end]
