import asyncssh
import paramiko
import pysftp
from paramiko import AutoAddPolicy, SSHClient


def bad():
    client = SSHClient()
    client.set_missing_host_key_policy(AutoAddPolicy())  # expect: unverified-ssh-host
    other = paramiko.SSHClient()
    other.set_missing_host_key_policy(paramiko.WarningPolicy)  # expect: unverified-ssh-host
    options = pysftp.CnOpts()
    options.hostkeys = None  # expect: unverified-ssh-host


async def bad_too(host):
    return await asyncssh.connect(host, known_hosts=None)  # expect: unverified-ssh-host


def safe():
    client = SSHClient()
    client.load_system_host_keys()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    options = pysftp.CnOpts()
    options.hostkeys.load("known_hosts")


async def safe_too(host):
    await asyncssh.connect(host)
    return await asyncssh.connect(host, known_hosts="known_hosts")
