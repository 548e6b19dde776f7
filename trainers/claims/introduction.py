"""The words that open the page of claims: the rule, and where claims are from."""

from trainers.claims.naming import percent
from trainers.claims.papers import sources
from trainers.claims.power import POWER
from trainers.claims.rule import CONTRADICTED, INCONCLUSIVE, LEVEL, SUPPORTED

# How a verdict comes about, in Markdown: for the page of claims, reports and terminals.
RULE = f"""\
A claim stands or falls as a whole, in each setting by itself. It is made of
comparisons, such as one for each layer or each number of labels. The claim's wording
says which; where a test needs a bound or a measure besides, as "within a degree" or a
line over K, that is this project's choice, and part of the wording here. At a level of
{percent(LEVEL)}, a claim is

* **{SUPPORTED}** when each of its comparisons was made and goes the claimed way,
* **{CONTRADICTED}** if at least one comparison is significant in the opposite \
direction,
* **{INCONCLUSIVE}** otherwise."""

TESTS = f"""\
A comparison is a difference, the first named minus the second, paired over seeds and
tested on both sides by Student's t-test; where every seed gives the very same
difference, by the sign test. That a mean lies within a margin (±) of a published one is
tested by two one-sided t-tests (Schuirmann, 1987), and that something is so in most
runs by the exact binomial test. A p-value is twice the smaller of the two that the
tests for the claim and against it give (against "within", either side counts, which
doubles it once more). Those of a claim in a setting are corrected for their number
(Holm, 1979). Brackets hold the 95 % interval of one mean, not corrected; those of a
share are Clopper and Pearson's.

With an inconclusive comparison stands its power: the true difference, margin or share
of runs that so many seeds would have detected in {percent(POWER)} of all repetitions,
at the level of the first step of Holm's method, with the standard deviation that was
measured."""

# To be formatted with the number of verdicts.
LIMITS = """\
What this guards against and what it does not:

* If none of its differences existed, a claim would be called supported or
  contradicted in one of 20 settings at most. Nothing is corrected for the number of
  claims and settings: this page holds {number} verdicts.
* Student's test takes differences to be about normal. Those of two methods that do not
  differ are symmetric, which with a few seeds is near enough; against a number, as one
  half, they may be skewed, and then the test errs more often.
* A seed draws the labelled examples, the weights, the batches and the mixtures. The
  test split of a data set that has one is the same for all, so nothing here says how
  another one would come out. For tables (E2) and files, a seed also draws the test
  split.
* A seed that only one side has, since the other run failed, diverged or was not done,
  is left out, and "9 of 10 seeds" says so: what is found then holds for runs that end
  well. A comparison with a value that is not finite is inconclusive.
* The recipes of this project were chosen on validation data, by seeds of their own.
  Everything compared here was measured on the test split, except the training loss and
  accuracy and the claims D1 to D4, which are about the training examples. For tables,
  the validation examples of that choice are in the test splits of some trials."""

INTRODUCTION = f"""# Claims

What the papers claim, what was measured here, and what follows. This page is made from
results alone, without training anything, by

```sh
{{command}}
```

and `{{csv}}` beside it holds every comparison with its means, interval and p-value.

## The rule

{RULE}

{TESTS}

{LIMITS}

ERM is plain training, and K the number of examples in a mixture, four in ICT[4]. The
mean dominant weight is the expected largest weight of a mixture, from 1/K (all alike)
to 1 (no mixing). NonLin says how far the activations of a layer at a mixture, at length
one, are from the same mixture of its activations; the floor is what an exactly linear
layer with the same activations would score. The corrected prediction of a mixup model
undoes the shrinkage that mixup trains in.

We compare the student, or the EMA teacher where the recipe says so
(`--evaluated_network=teacher`). Accuracies are in percent, and 500 test digits make 0.2
points the least difference between two runs. The strength of an attack (FGSM) is a
share of the range of pixel values: on digits 0.01 is 0.16 of 16 grey levels.

A run of the scale "minutes" takes a minute on a CPU core and one of "hours" several;
"GPU" needs a GPU. Claims on the layers are judged on wide residual networks, as
published: layer 5 are their logits, and layer 0 is their first convolution. That is
affine in the input, so its NonLin is its floor, and a difference there is one of the
lengths and angles of activations, not of linearity: claims on it stand apart.

{sources()}

## All claims"""
