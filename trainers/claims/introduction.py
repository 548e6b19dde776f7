"""The words on the page of claims: the rule, and where claims are from."""

from trainers.claims.naming import percent
from trainers.claims.papers import sources
from trainers.claims.power import POWER
from trainers.claims.rule import (
    AS_CLAIMED,
    CONTRADICTED,
    INCONCLUSIVE,
    LEVEL,
    NOT_CARRIED_OVER,
    OPPOSITE,
    SUPPORTED,
    UNDECIDED,
)

# How a verdict comes about, in Markdown: for the page of claims, reports and terminals.
RULE = f"""\
A claim is judged as a whole, in each setting by itself: data, network, steps, labels
and method. It consists of comparisons, such as one for each layer or each number of
labels, which its wording names. A bound or a measure that the paper does not give, as
"within a degree", is this project's choice and part of the wording. The verdict is

* **{SUPPORTED}** when every comparison was made and is as claimed,
* **{CONTRADICTED}** when at least one comparison is opposite, and the setting
  differs in nothing from the published recipe (an open question has none),
* **{NOT_CARRIED_OVER}** when at least one comparison is opposite, and the setting
  differs from the published recipe, as in network, steps, data, target, weight or
  teacher,
* **{INCONCLUSIVE}** otherwise.

A comparison is "{AS_CLAIMED}" when the one-sided test for it has a p-value of
{percent(LEVEL)} at most, without a correction. It is "{OPPOSITE}" when the one-sided
test against it has one, after Holm's correction (1979) for all comparisons of the claim
in the setting. Otherwise it is "{UNDECIDED}"."""

TESTS = f"""\
A comparison is a difference, the first named minus the second, paired over seeds and
tested by Student's t-test; where every seed gives the very same difference, by the sign
test. That a mean lies within a margin (±) of a published one is tested by two one-sided
t-tests at {percent(LEVEL)} each (Schuirmann, 1987), by Welch's where the published
standard deviation is known; against it, the p-value of the likelier side is doubled.
That something is so in most runs is tested by the exact binomial test. Brackets hold
the 95 % interval of one mean, not corrected; those of a share are Clopper and
Pearson's.

The power that stands with a comparison is the true difference, margin or share of runs
that so many seeds would have found to be as claimed in {percent(POWER)} of all
repetitions, with the standard deviation that was measured."""

_LIMITS = """\
What this guards against and what it does not:

* A claim of which at least one comparison does not hold is called supported in at most
  5 % of the settings, since that comparison must pass its test too (an
  intersection-union test). A claim of which no comparison is opposite in truth is
  called contradicted, or said not to carry over, in at most 5 % of the settings (Holm).
  Both hold where differences are about normal. Nothing is corrected for the number of
  claims and settings: {number} verdicts let through {false} false ones of either kind
  at most, in expectation.
* Student's test takes differences to be about normal. Those of two methods that do not
  differ are symmetric, which with a few seeds is near enough; against a number, as one
  half, they may be skewed, and then the test errs more often.
* A seed draws the labelled examples, the weights, the batches and the mixtures. The
  test split of a data set that has one is the same for all, so nothing here says how
  another one would come out. For tables (E2) and files, a seed also draws the test
  split.
* A seed that only one side has, since the other run failed, diverged or was not done,
  is left out, and "9 of 10 seeds" says so: the finding then holds for runs that end
  well. A comparison with a value that is not finite is undecided.
* A claim marked *exploratory* was put after its results had been looked at. It is to be
  confirmed on fresh seeds.
* The recipes of this project were chosen on validation data, by seeds of their own.
  Everything compared here was measured on the test split, except the training loss and
  accuracy and the claims D1 to D4, which are about the training examples. For tables,
  the validation examples of that choice are in the test splits of some trials."""

TERMS = """\
ERM is plain training, and K the number of examples in a mixture, four in ICT[4]. The
mean dominant weight is the expected largest weight of a mixture, from 1/K (all alike)
to 1 (no mixing). NonLin says how far the activations of a layer at a mixture, at length
one, are from the same mixture of its activations; the floor is the NonLin of an exactly
linear layer with the same activations, and "floor off" says that it is subtracted. The
corrected prediction of a mixup model undoes the shrinkage that mixup trains in.

We compare the student, or the EMA teacher where the recipe says so
(`--evaluated_network=teacher`). Accuracies are in percent, and 500 test digits make 0.2
points the least difference between two runs. The strength of an attack (FGSM) is a
share of the range of pixel values: on digits 0.01 is 0.16 of 16 grey levels.

Claims on the layers are judged on wide residual networks, as published: layer 5 is
the layer of logits, and layer 0 is the first convolution. That is affine in the input,
so its NonLin is its floor, and a difference there is one of the lengths and angles of
activations, not of linearity: claims on it stand apart.

An estimate over settings is a random-effects mean (DerSimonian and Laird, 1986) with
the 95 % interval of Hartung and Knapp (2001), beside the number of settings in which
the mean difference has the claimed sign. In a setting, the comparisons of the same
thing, as of ICT[2] and ICT[4] at layer 3, count as their mean. Settings that share the
runs of a baseline are not independent, which makes intervals somewhat too narrow."""


def limits(number: int) -> str:
    """Returns the words for how far verdicts can be trusted.

    Args:
        number: int, how many verdicts there are.
    """
    return _LIMITS.format(number=number, false=round(LEVEL * number))


def background() -> str:
    """Returns everything below the table of all claims, but for the limits."""
    return f"{TESTS}\n\n## Terms\n\n{TERMS}\n\n{sources()}"
