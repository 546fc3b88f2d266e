"""What somebody would try first: accounts that share an address, a name or a nickname are one person.

Case does not matter, nor do spaces around a value. The rules know no role addresses and no common names: that is their point.
"""
import collections
import itertools


def email(account):
    return account["email"]


def name(account):
    return account["name"]


def full_name(account):
    return account["name"] if len((account["name"] or "").split()) > 1 else None


def username(account):
    return account["username"]


def local_part(account):
    return account["email"].split("@")[0] if account["email"] else None


RULES = {
    "same e-mail": [email],
    "same name": [name],
    "same username": [username],
    "same e-mail local part": [local_part],
    "e-mail or name": [email, name],
    "name or local part": [name, local_part],
    "name, or username or local part": [name, lambda account: username(account) or local_part(account)],
}


def links(accounts, keys):
    """Pairs with probability 1. In a group that shares a value each is joined with the next: all figures are of members."""
    pairs = {}
    for key in keys:
        groups = collections.defaultdict(list)
        for account in accounts:
            value = (key(account) or "").strip().lower()
            if value:
                groups[value].append(account["id"])
        for ids in groups.values():
            pairs.update((tuple(sorted(pair)), 1.0) for pair in itertools.pairwise(ids))
    return pairs
