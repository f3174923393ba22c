"""Programs that people run: by their names a line is known for a command."""

from __future__ import annotations

import re

_NAMES = """
7z a2dismod a2enmod a2ensite ab alembic ansible ansible-playbook ansible-vault apachectl
apk apt apt-cache apt-get argocd awk aws az base64 bash bazel bosh btrfs buildah bundle
bzip2 cargo cat cd ceph ceph-volume cephadm certbot chattr chcon chef-client chgrp chmod
chown chronyc chsh clickhouse-client cmctl code composer consul corosync-cfgtool cp
cqlsh createdb createuser crictl crm crontab csplit ctr curl cut dd df dig dmesg dnf
docker docker-compose doctl dotnet dpkg drbdadm dropdb dropuser du ebtables echo egrep
eksctl envsubst etcdctl etcdutl ethtool eval exim export fallocate fdisk ffmpeg fgrep
fio firewall-cmd flux free fsck ftp fuser gcc gcloud getenforce getent git gitlab-ctl
gitlab-psql gitlab-rails gitlab-rake gluster go gpg gradle grep groupadd grubby gsutil
gunzip gzip haproxy head helm hostnamectl htop httpie iconv ifconfig influx initctl
iostat iotop ip ip6tables ipmitool iptables iscsiadm istioctl java journalctl jq k3s k9s
kafka-topics keytool kill killall kind knife kops kubeadm kubectl kubectx kubens
kustomize launchctl ldapsearch lftp linkerd ln loginctl logrotate ls lsblk lscpu lsof
lspci lvcreate lvextend lvremove lvresize lvs mailq make mdadm minikube mkdir mkfs
mkswap modprobe mongo mongod mongodump mongorestore mongosh mount mpstat mtr mv mvn
mysql mysqladmin mysqlbinlog mysqlcheck mysqldump nano nc ncat nerdctl netstat newgrp
nft nginx nmap nmcli node nodetool nohup nomad npm npx nslookup ntpdate ntpq nvme oc
openssl packer pacman pg_basebackup pg_ctl pg_ctlcluster pg_dump pg_dumpall pg_isready
pg_lsclusters pg_resetwal pg_restore pg_rewind pg_upgrade pgbackrest pgrep php pidof
ping ping6 pip pip3 pkill pnpm podman poetry postqueue postsuper printf promtool ps psql
pulumi puppet pvcreate pvresize pvs pwd pwsh python python3 qemu-img qm
rabbitmq-diagnostics rabbitmqadmin rabbitmqctl rados radosgw-admin rails rake rbd
readlink realpath rebar redis-cli redis-server renice repmgr resize2fs restorecon rke rm
rmdir rndc rpm rsync rustup sar scp screen sed semanage service set setenforce setfacl
sftp sh sha256sum shutdown skopeo smartctl sops sort source sqlite3 ss ssh ssh-add
ssh-copy-id ssh-keygen sshpass stat strace su sudo supervisorctl swapoff swapon sysctl
systemctl systemd-analyze tail talosctl tar tcpdump tee telnet terraform terragrunt
timedatectl timeout tmux touch tr traceroute truncate ufw ulimit umount uname uniq unset
unzip update-ca-certificates uptime useradd userdel usermod vagrant vault velero
vgextend vgs vi vim virsh virtualenv visudo vmstat wget wipefs xargs xfs_growfs
xfs_repair xz yarn yq yum zcat zfs zip zkCli.sh zpool zypper
"""
_SAID_TOO = """
at date diff file find for host hostname id if last less make more test time top type
until w watch which while who
"""
"""Words of English too: these begin a command where something of one follows."""
PROGRAMS = frozenset(_NAMES.split()) | frozenset(_SAID_TOO.split())
_ASSIGNED = re.compile(r"(?:[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|[^\s\"';|&]*)[ \t]+)+")
_PATH = re.compile(r"(?:\.{0,2}/|~/|bin/)[\w./@+-]*\w")
_OF_COMMANDS = re.compile(r"[ \t](?:--?[A-Za-z]|\.|/|\$|[\"'<{~*]|\w+=)|[|;]|\bin\b|\[")


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
    return first in PROGRAMS or (
        _PATH.fullmatch(first) is not None and not first.endswith(":")
    )
