"""The attacks by class, and all of them by name."""

from dataclasses import replace

from . import forging, harm, leaks, resources, structure, unlucky

KINDS = {
    "structure": structure,
    "forging": forging,
    "leaks": leaks,
    "harm": harm,
    "resources": resources,
    "unlucky": unlucky,
}
LISTED = [replace(attack, kind=kind) for kind, module in KINDS.items() for attack in module.ATTACKS]
ATTACKS = {attack.name: attack for attack in LISTED}
