"""Whether a line of a page is a command: known programs, options, paths."""

from __future__ import annotations

import re

_NAMES = """
7z a2dismod a2enmod a2ensite aa-status ab alembic alias ansible ansible-galaxy
ansible-lint ansible-playbook ansible-vault apachectl apk apt apt-cache apt-get argo
argocd asdf auditctl aureport ausearch awk aws az barman base64 bash bazel blkid borg
bosh brew btrfs btrfs-progs buildah bundle bundler busctl bzip2 cargo cat cd celery ceph
ceph-volume cephadm certbot chattr chcon chef-client chgrp chmod chown chpasswd chronyc
chroot chsh clickhouse clickhouse-client cmctl code composer consul coredumpctl
corosync-cfgtool cosign cp cqlsh crane createdb createuser crictl crm crontab cryptsetup
csplit ctr curl cut dd declare depmod df dig django-admin dmesg dmidecode dmsetup dnf
docker docker-compose doctl dotnet dpkg dracut drbdadm dropdb dropuser du duplicity
e2fsck ebtables echo efibootmgr egrep eksctl envsubst etcd etcdctl etcdutl ethtool eval
exim export exportfs fail2ban-client faillock fallocate fdisk ffmpeg fgrep fio
firewall-cmd flask flux free fsck ftp fuser gcc gcloud gdisk gem getenforce getent git
gitlab-ctl gitlab-psql gitlab-rails gitlab-rake gluster go govc gpg gradle grep groupadd
grub2-mkconfig grubby gsutil gunicorn gunzip gzip haproxy head helm helmfile hostnamectl
htop httpie hwclock iconv ifconfig incus influx influxd initctl insmod iostat iotop ip
ip6tables ipmitool iptables iscsiadm istioctl java journalctl jq k3s k9s
kafka-consumer-groups.sh kafka-topics kafka-topics.sh keytool kill killall kind knife
kops kubeadm kubectl kubectl-argo-rollouts kubectx kubens kubeone kubeseal kustomize
launchctl ldapsearch lftp linkerd ln logger loginctl logrotate losetup ls lsblk lscpu
lshw lsmod lsof lspci lvcreate lvextend lvremove lvresize lvs lxc machinectl mailq make
mariabackup mc mdadm mesg minikube mkdir mkfs mkinitcpio mkswap modprobe molecule mongo
mongod mongodump mongorestore mongosh mount mount.nfs mpstat mtr multipath mv mvn mysql
mysqladmin mysqlbinlog mysqlcheck mysqldump mysqlslap nano nc ncat nerdctl netstat
networkctl newgrp newusers nft nginx nmap nmcli node nodetool nohup nomad npm npx
nsenter nslookup ntpdate ntpq nvidia-smi nvm nvme oc odf openssl oras packer pacman
pam_tally2 partprobe pg_archivecleanup pg_basebackup pg_controldata pg_ctl pg_ctlcluster
pg_dump pg_dumpall pg_isready pg_lsclusters pg_resetwal pg_restore pg_rewind pg_upgrade
pg_waldump pgbackrest pgbench pgloader pgrep php php-fpm pidof ping ping6 pip pip3 pipx
pkill pnpm podman poetry popd postqueue postsuper poweroff printf promtool ps psql
pulumi puppet pushd pvcreate pvresize pvs pwd pwsh python python3 qemu-img qm
rabbitmq-diagnostics rabbitmq-plugins rabbitmq-server rabbitmqadmin rabbitmqctl rados
radosgw-admin rails rake rbd rclone readlink realpath rebar reboot redis-cli
redis-server reindexdb renice repmgr resize2fs resolvectl restic restorecon rke rm rmdir
rmmod rndc rpm rpm-ostree rsync rustup s3cmd s5cmd sar scp screen sed semanage service
set setenforce setfacl sftp sgdisk sh sha256sum showmount shutdown skopeo sleep smartctl
sops sort source sqlite3 ss ssh ssh-add ssh-copy-id ssh-keygen sshpass stat stern strace
su sudo supervisorctl swapoff swapon sysctl systemctl systemd-analyze tail talosctl tar
targetcli tcpdump tee telnet terraform terraformer terragrunt tflint timedatectl timeout
tkn tmux touch tr traceroute trivy truncate tune2fs udevadm ufw ulimit umount unalias
uname uniq unset unzip update-ca-certificates update-grub update-initramfs uptime
useradd userdel usermod uwsgi vacuumdb vagrant vault velero vgextend vgs vi vim virsh
virtctl virtualenv visudo vmstat vtctlclient vtctldclient wal-g wall wget wipefs xargs
xfs_db xfs_growfs xfs_info xfs_repair xtrabackup xz yarn yq yum zcat zfs zip zkCli.sh
zookeeper-shell.sh zpool zypper
"""
_ENGLISH_WORDS = """
at date diff file find for host hostname id if last less make more test time top type
until w watch which while who
"""
"""Programs named like English words: a command only with options or the like."""
PROGRAMS = frozenset(_NAMES.split()) | frozenset(_ENGLISH_WORDS.split())
_ASSIGNED = re.compile(r"(?:[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|[^\s\"';|&]*)[ \t]+)+")
_PATH = re.compile(
    r"(?:\./|bin/|(?:~|\.\.)?/(?:[\w.@+-]+/)*s?bin/|(?:~|\.\.)?/?(?:[\w.@+-]+/)*scripts/)"
    r"[\w./@+-]*\w|(?:\.{0,2}/|~/)[\w./@+-]*\.(?:sh|py|pl|rb)"
)
"""A program by its path; other texts that begin with `/` may be listed files."""
_OF_COMMANDS = re.compile(r"[ \t](?:--?[A-Za-z]|\.|/|\$|[\"'<{~*]|\w+=)|\bin\b|\[")
_MAKE = re.compile(
    r"make (?:all|build|check|clean|deploy|generate|install|run|test|uninstall|verify)"
    r"(?:[-_/.]\w[\w./-]*)?"
)
"""A target that many a Makefile has; `make sure` is English."""
_SECTION = re.compile(r"\[ [A-Za-z][\w.-]* \]")
"""A section of a file of settings; as a test it would always hold."""
_WITH_OPTIONS = re.compile(
    r"[a-z][a-z0-9_.-]*(?: [a-z][\w-]*){0,3} (?:--[a-z][\w-]+|-[A-Za-z](?=[ ]|$))"
    r"(?:.*[^.])?"
)


def is_command(line: str) -> bool:
    """Whether a line looks like a command."""
    if not line.strip():
        return False
    bare = _ASSIGNED.sub("", line.strip(), count=1)
    first, _, rest = bare.partition(" ")
    if first in _ENGLISH_WORDS.split():
        is_of_command = _OF_COMMANDS.search(f" {rest}") is not None
        return not rest or is_of_command or _MAKE.fullmatch(bare) is not None
    if _SECTION.fullmatch(bare) is not None:
        return False
    if first == "export" or bare.startswith(("[ ", "[[ ", ". ")):
        return True
    if first in PROGRAMS or _PATH.fullmatch(first) is not None:
        return True
    return _WITH_OPTIONS.fullmatch(bare) is not None
