"""Losses on pairs of answers, against loops over Python floats."""

import math

import pytest
import torch

from seq2gpt.preferences import (
    dpo_loss,
    implicit_rewards,
    kl_to_reference,
    preference_accuracy,
    reward_loss,
)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_the_reward_loss_of_bradley_and_terry():
    chosen, rejected = draw(7), draw(7, seed=1)
    expected = (
        -sum(math.log(sigmoid(c - r)) for c, r in zip(chosen.tolist(), rejected.tolist(), strict=True)) / 7
    )
    assert reward_loss(chosen, rejected).item() == pytest.approx(expected)
    assert reward_loss(chosen + 5, rejected + 5).item() == pytest.approx(expected)


def test_huge_rewards_stay_finite():
    loss = reward_loss(torch.tensor([-1e4, 1e4]), torch.tensor([1e4, -1e4]))
    assert loss.item() == pytest.approx(1e4)


@pytest.mark.parametrize("beta", [0.1, 0.7])
def test_dpo_is_equation_7(beta):
    pc, pr, rc, rr = (draw(5, seed=seed) for seed in range(4))
    rows = zip(pc.tolist(), pr.tolist(), rc.tolist(), rr.tolist(), strict=True)
    expected = -sum(math.log(sigmoid(beta * ((a - c) - (b - d)))) for a, b, c, d in rows) / 5
    assert dpo_loss(pc, pr, rc, rr, beta).item() == pytest.approx(expected)


def test_dpo_pushes_the_chosen_up_the_rejected_down_and_leaves_the_reference():
    policy = [torch.zeros(3, requires_grad=True) for _ in range(4)]
    dpo_loss(*policy, beta=0.5).backward()
    chosen, rejected = policy[0].grad, policy[1].grad
    torch.testing.assert_close(chosen, torch.full((3,), -0.5 * 0.5 / 3))
    torch.testing.assert_close(rejected, -chosen)


def test_the_default_beta():
    pc, pr, rc, rr = (draw(5, seed=seed) for seed in range(4))
    assert dpo_loss(pc, pr, rc, rr) == dpo_loss(pc, pr, rc, rr, 0.1)


@pytest.mark.parametrize("beta", [0.0, -1.0, math.nan])
def test_a_beta_that_is_not_positive_is_refused(beta):
    same = torch.zeros(1)
    with pytest.raises(ValueError, match=f"beta={beta} must be positive; 0.1 is a common choice"):
        dpo_loss(same, same, same, same, beta)


def test_implicit_rewards_scale_with_beta():
    policy, reference = draw(3, 2), draw(3, 2, seed=1)
    torch.testing.assert_close(implicit_rewards(policy, reference, 0.3), 0.3 * policy - 0.3 * reference)


def test_accuracy_counts_wins_and_half_the_ties():
    assert preference_accuracy(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 2.0, 4.0])) == 0.5
    assert preference_accuracy(torch.tensor([1.0]), torch.tensor([0.0])) == 1.0
    with pytest.raises(ValueError, match="there are no pairs to compare; give at least one"):
        reward_loss(torch.zeros(0), torch.zeros(0))
    with pytest.raises(ValueError, match="there are no pairs to compare; give at least one"):
        preference_accuracy(torch.zeros(0), torch.zeros(0))


def test_divergence_weighs_by_the_policy_and_counts_only_the_mask():
    policy, reference = draw(2, 3, 5), draw(2, 3, 5, seed=1)
    mask = torch.tensor([[True, False, True], [False, True, False]])
    values = []
    for row in range(2):
        for place in range(3):
            if mask[row, place]:
                p, q = (logits[row, place].softmax(-1).tolist() for logits in (policy, reference))
                values.append(math.fsum(a * math.log(a / b) for a, b in zip(p, q, strict=True)))
    expected = math.fsum(values) / 3
    assert kl_to_reference(policy, reference, mask).item() == pytest.approx(expected)
    assert kl_to_reference(reference, policy, mask).item() != pytest.approx(expected)
    assert kl_to_reference(policy, policy, mask).item() == 0
    with pytest.raises(ValueError, match="the mask is True nowhere"):
        kl_to_reference(policy, reference, torch.zeros(2, 3, dtype=torch.bool))
