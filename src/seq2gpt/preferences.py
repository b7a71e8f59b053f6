"""Preferences: learning from pairs of answers of which people liked one better.

A reward model scores answers so that the better one scores higher; reinforcement learning (RLHF) then
pushes the model towards high scores without letting it stray far from where it started. Direct
preference optimisation (DPO) reaches the optimum of the same objective with a loss on the pairs alone.
"""

import torch  # noqa: F401 - the doctests below run in this namespace
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F


def reward_loss(chosen: Float[Tensor, "pairs"], rejected: Float[Tensor, "pairs"]) -> Float[Tensor, ""]:
    """How badly rewards explain the choices: −log σ(r_chosen − r_rejected), averaged over the pairs.

    Under the model of Bradley and Terry (1952) σ(r_chosen − r_rejected) is the probability that the first
    answer is preferred (Ouyang et al. 2022, equation 1). Only differences count: adding a constant to all
    rewards changes nothing. Finite for rewards of any size.

    Raises ``ValueError`` when there is no pair.

    >>> loss = reward_loss(torch.tensor([1.0]), torch.tensor([1.0]))
    >>> f"{loss:.3f} = ln 2"
    '0.693 = ln 2'
    """
    if len(chosen) == 0:
        raise ValueError("there are no pairs to compare; give at least one")
    margin = chosen - rejected
    return -F.logsigmoid(margin).mean()


def implicit_rewards(
    policy: Float[Tensor, "..."], reference: Float[Tensor, "..."], beta: float
) -> Float[Tensor, "..."]:
    """The reward that a policy stands for: β (log π(y|x) − log π_ref(y|x)) (Rafailov et al. 2023, section 4).

    Up to a part that depends on the prompt alone, and which a comparison of two answers to one prompt
    does not see. ``policy`` and ``reference`` are log-probabilities of whole answers, in nats.

    >>> implicit_rewards(torch.tensor([-3.0]), torch.tensor([-5.0]), beta=0.5).tolist()
    [1.0]
    """
    return beta * (policy - reference)


def dpo_loss(
    policy_chosen: Float[Tensor, "pairs"],
    policy_rejected: Float[Tensor, "pairs"],
    reference_chosen: Float[Tensor, "pairs"],
    reference_rejected: Float[Tensor, "pairs"],
    beta: float = 0.1,
) -> Float[Tensor, ""]:
    """Direct preference optimisation (Rafailov et al. 2023, equation 7).

    The arguments are the log-probabilities of whole answers, in nats, summed over their tokens: under the
    policy that is trained, and under the frozen model that it started from. With ρ = log π − log π_ref:

        loss = −log σ(β (ρ_chosen − ρ_rejected)), averaged over the pairs.

    A policy equal to the reference has loss ln 2. ``beta`` says how dear it is to leave the reference.

    Raises ``ValueError`` unless ``beta`` is positive.

    >>> same = torch.tensor([-7.0])
    >>> f"{dpo_loss(same, same, same, same):.3f} = ln 2"
    '0.693 = ln 2'
    """
    if not beta > 0:
        raise ValueError(f"beta={beta} must be positive; 0.1 is a common choice")
    chosen = implicit_rewards(policy_chosen, reference_chosen, beta)
    rejected = implicit_rewards(policy_rejected, reference_rejected, beta)
    return reward_loss(chosen, rejected)


def preference_accuracy(chosen: Float[Tensor, "pairs"], rejected: Float[Tensor, "pairs"]) -> float:
    """The share of pairs in which the chosen answer scores higher; a tie counts one half.

    The scores may be rewards, or :func:`implicit_rewards` of a policy.

    Raises ``ValueError`` when there is no pair.

    >>> preference_accuracy(torch.tensor([2.0, 0.0, 5.0, 1.0]), torch.tensor([1.0, 3.0, 5.0, 0.0]))
    0.625
    """
    if chosen.numel() == 0:
        raise ValueError("there are no pairs to compare; give at least one")
    wins = (chosen > rejected).double() + 0.5 * (chosen == rejected).double()
    return wins.mean().item()


def kl_to_reference(
    policy_logits: Float[Tensor, "batch n vocab_size"],
    reference_logits: Float[Tensor, "batch n vocab_size"],
    mask: Bool[Tensor, "batch n"],
) -> Float[Tensor, ""]:
    """How far a policy has moved from the model it started from: KL(π ‖ π_ref) per token, in nats.

    At every position where ``mask`` is ``True``, Σ_v π(v) (log π(v) − log π_ref(v)) over the vocabulary,
    where π = softmax(logits); then the mean over these positions. It is 0 only for equal distributions.
    The direction matters: it is the policy's tokens that are weighed.

    Raises ``ValueError`` when ``mask`` is ``True`` nowhere.

    >>> policy = torch.tensor([[[0.0, 0.0]]])
    >>> f"{kl_to_reference(policy, policy + 1, torch.tensor([[True]])):.3f}"  # a constant changes nothing
    '0.000'
    """
    if not mask.any():
        raise ValueError("the mask is True nowhere; mark the tokens of the answers")
    policy = policy_logits.log_softmax(-1)
    reference = reference_logits.log_softmax(-1)
    divergence = F.kl_div(reference, policy, log_target=True, reduction="none").sum(-1)  # batch n
    return divergence[mask].mean()
