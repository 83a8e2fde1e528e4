"""The few files of /etc that are slugc's own on every stack: who the child is, and how names are looked up."""

from slugc.model.mount import Mount, data_file, scratch

UID = GID = 1000
PASSWD = f"""\
root:x:0:0:root:/root:/bin/sh
dyno:x:{UID}:{GID}:dyno:/app:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = f"""\
root:x:0:
tty:x:5:
dyno:x:{GID}:
nogroup:x:65534:
"""
# The caller's own may name services that have no socket inside (sss, systemd, mdns) and wait for them.
NSSWITCH = """\
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
protocols: files
services: files
ethers: files
rpc: files
"""


def mounts(hosts: bytes) -> tuple[Mount, ...]:
    """`hosts` is the caller's own table: names that work outside work inside. An engine adds the child's own."""
    if hosts and not hosts.endswith(b"\n"):
        hosts += b"\n"
    return (
        data_file(PASSWD.encode(), "/etc/passwd"),
        data_file(GROUP.encode(), "/etc/group"),
        data_file(NSSWITCH.encode(), "/etc/nsswitch.conf"),
        data_file(hosts, "/etc/hosts"),
    )


def private_folders() -> tuple[Mount, ...]:
    return (scratch("/tmp"), scratch("/var/tmp"), scratch("/run"))
