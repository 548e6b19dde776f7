"""Which process this is, from flags and from launchers."""

import pytest

from trainers.errors import UsageError
from trainers.run.experiment import Experiment
from trainers.run.membership import Membership, check_address, membership_of


def of(environment=(), **options):
    options = {"strategy": "data_parallel", "backend": "jax", **options}
    return membership_of(Experiment(**options), dict(environment))


def test_flags_say_it_whatever_the_launcher_says():
    flags = {"coordinator": "a:1", "num_processes": 3, "process_id": 2}
    slurm = {"SLURM_NTASKS": "5", "SLURM_PROCID": "4"}
    assert of(slurm, **flags) == Membership("a:1", 3, 2)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Membership()),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "3"}, Membership(None, 4, 3)),
        (
            {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"},
            Membership(None, 2, 0),
        ),
        (
            {
                "KERAS_DISTRIBUTION_JOB_ADDRESSES": "a:1,b:2",
                "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
                "KERAS_DISTRIBUTION_PROCESS_ID": "1",
            },
            Membership("a:1", 2, 1),
        ),
    ],
)
def test_a_launcher_says_it(environment, expected):
    assert of(environment) == expected


def test_without_the_strategy_launchers_are_passed_over():
    slurm = {"SLURM_NTASKS": "4", "SLURM_PROCID": "3"}
    assert membership_of(Experiment(backend="jax"), slurm) == Membership()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_processes": 2}, "--process_id is missing"),
        ({"process_id": 0}, "--num_processes is missing"),
        ({"coordinator": "a:1"}, "--num_processes is missing"),
        ({"num_processes": 2, "process_id": 0}, "--coordinator=HOST:PORT is missing"),
        (
            {"coordinator": "a:1", "num_processes": 2, "process_id": 2},
            "--process_id must be from 0 to 1, with --num_processes=2; received 2",
        ),
        ({"strategy": "none", "process_id": 1}, "--process_id is of --strategy=data_"),
        ({"backend": "tensorflow"}, "--strategy=data_parallel needs --backend=jax"),
    ],
)
def test_flags_that_do_not_say_it(options, message):
    with pytest.raises(UsageError, match=message):
        of(**options)


def test_a_launcher_that_says_no_numbers():
    with pytest.raises(UsageError, match="SLURM_NTASKS and SLURM_PROCID must be int"):
        of({"SLURM_NTASKS": "two", "SLURM_PROCID": "0"})


@pytest.mark.parametrize("text", ["a", "a:", ":1", "a:0", "a:65536", "a b:1", "::1:80"])
def test_what_is_no_address(text):
    with pytest.raises(UsageError, match="--coordinator must be HOST:PORT"):
        check_address(text)


@pytest.mark.parametrize("text", ["10.0.0.1:1234", "node-1.local:80", "[::1]:65535"])
def test_an_address(text):
    check_address(text)
