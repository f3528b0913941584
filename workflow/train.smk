"""A model by `hielight train`, its newborns and its branches as jobs: the same bytes as in one process."""

import csv
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")


configfile: Path(workflow.basedir) / "config.yaml"


# Used with --software-deployment-method apptainer alone.
container: config["container"]


BIDS = Path(config["bids_dir"])
MODEL = Path(config["model"])
WORK = Path(f"{MODEL}.work")
FOLDS = int(config["folds"])
REPEATS = int(config["repeats"])
TRAIN = (
    f"{config['hielight']} train {BIDS} --out {MODEL} --folds {FOLDS} --repeats {REPEATS} {config['train_options']}"
    f" --cache {WORK}/cache --checkpoints {WORK}/checkpoints --threads {config['threads']}"
)


def newborns():
    """Every participant of the table, without sub-."""
    with (BIDS / "participants.tsv").open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return sorted(row["participant_id"].removeprefix("sub-") for row in rows)


wildcard_constraints:
    label="[A-Za-z0-9]+",
    sequence="T1w|T2w",
    number="[0-9]+",


localrules:
    all,


rule all:
    input:
        MODEL,


rule template:
    input:
        BIDS / "participants.tsv",
    output:
        touch(WORK / "done/template"),
    log:
        WORK / "log/template.txt",
    threads: config["threads"]
    resources:
        mem_mb=config["train_mem_mb"],
        runtime=config["train_runtime"],
    params:
        train=TRAIN,
    shell:
        "{params.train} --only template >{log} 2>&1"


rule newborn:
    input:
        WORK / "done/template",
    output:
        touch(WORK / "done/newborn-{label}"),
    log:
        WORK / "log/newborn-{label}.txt",
    resources:
        mem_mb=config["train_mem_mb"],
        runtime=config["train_runtime"],
    params:
        train=TRAIN,
    shell:
        "{params.train} --only newborn:{wildcards.label} >{log} 2>&1"


rule branch:
    input:
        expand(WORK / "done/newborn-{label}", label=newborns()),
    output:
        touch(WORK / "done/branch-{sequence}-{number}"),
    log:
        WORK / "log/branch-{sequence}-{number}.txt",
    resources:
        mem_mb=config["train_mem_mb"],
        runtime=config["train_runtime"],
    params:
        train=TRAIN,
    shell:
        "{params.train} --only branch:{wildcards.sequence}:{wildcards.number} >{log} 2>&1"


rule bundle:
    input:
        expand(
            WORK / "done/branch-{sequence}-{number}",
            sequence=["T1w", "T2w"],
            number=range(1, FOLDS * REPEATS + 1),
        ),
    output:
        MODEL,
    log:
        WORK / "log/bundle.txt",
    threads: config["threads"]
    resources:
        mem_mb=config["train_mem_mb"],
        runtime=config["train_runtime"],
    params:
        train=TRAIN,
    shell:
        "{params.train} >{log} 2>&1"
