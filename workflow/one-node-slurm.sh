#!/bin/bash
# A Slurm of one node on this machine, to try the workflow and the array script on: Debian's slurm-wlm and munge.
# Usage, as root: one-node-slurm.sh start | stop. Nothing but this machine can use it; it keeps no accounts.
set -euo pipefail
home=${SLURM_ONE_NODE:-/tmp/one-node-slurm}
# Where Slurm's programs look, also within its jobs.
conf=/etc/slurm/slurm.conf
case ${1:-} in
start)
    if [ -e $conf ] && ! grep -q '^ClusterName=one-node$' $conf; then
        echo "$conf is of another Slurm: this machine has one" >&2
        exit 2
    fi
    mkdir -p "$home"/state "$home"/spool "$home"/log /run/munge
    chown munge: /run/munge
    [ -f /etc/munge/munge.key ] || mungekey --create
    pgrep -x munged >/dev/null || runuser -u munge -- munged
    cores=$(nproc)
    # Slurm asks for a little less than there is.
    memory=$(awk '/MemTotal/ { print int($2 / 1024 * 0.95) }' /proc/meminfo)
    cat >$conf <<CONF
ClusterName=one-node
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldLogFile=$home/log/slurmctld.log
SlurmdLogFile=$home/log/slurmd.log
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$home/log/jobs.txt
MinJobAge=3600
MaxArraySize=100001
ReturnToService=2
SchedulerParameters=sched_interval=2
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$cores RealMemory=$memory State=UNKNOWN
PartitionName=one Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
    slurmctld
    slurmd
    for _ in $(seq 60); do
        sinfo --noheader --format=%t 2>/dev/null | grep -q idle && break
        sleep 1
    done
    sinfo
    ;;
stop)
    for daemon in slurmd slurmctld; do
        [ ! -f "$home/$daemon.pid" ] || kill "$(cat "$home/$daemon.pid")"
    done
    rm -f $conf
    ;;
*)
    sed -n '2,3p' "$0"
    exit 2
    ;;
esac
