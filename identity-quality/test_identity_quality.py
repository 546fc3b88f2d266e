"""Truths and figures against values worked out by hand, and against figures of other tools where the data is there."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import baselines  # noqa: E402
import evaluate as E  # noqa: E402
import page  # noqa: E402
import synthetic  # noqa: E402
import truths  # noqa: E402
from mailmap import Mailmap  # noqa: E402

DATA = pathlib.Path(os.environ.get("AXLE_SHARED_DATA", HERE.parent.parent / "shared" / "data"))
MAILMAP = """# people
Ada Lovelace <ada@x.org> <ada@old.org>
Ada Lovelace <ada@x.org> A. L. <shared@x.org>
Bob <bob@x.org>
<carol@x.org> <CAROL@old.org> # moved
Dan Dunn <dan@x.org> dan
"""


class TestMailmap(unittest.TestCase):
    CASES = [
        (("ada", "ADA@old.org"), ("Ada Lovelace", "ada@x.org", True)),
        (("a. l.", "shared@x.org"), ("Ada Lovelace", "ada@x.org", True)),
        (("Eve", "shared@x.org"), ("Eve", "shared@x.org", False)),
        (("bobby", "bob@x.org"), ("Bob", "bob@x.org", True)),
        (("Carol", "carol@old.org"), ("Carol", "carol@x.org", True)),
        (("dan", "dan@x.org"), ("Dan Dunn", "dan@x.org", True)),
    ]

    def test_person_is_the_one_of_the_rules(self):
        for given, expected in self.CASES:
            self.assertEqual(Mailmap(MAILMAP).person(*given), expected)

    def test_person_is_the_one_of_git(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "init", "--quiet", folder], check=True, capture_output=True)
            pathlib.Path(folder, ".mailmap").write_text(MAILMAP)
            for (name, email), (proper_name, proper_email, _) in self.CASES:
                command = ["git", "-C", folder, "check-mailmap", f"{name} <{email}>"]
                told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
                self.assertEqual(told, f"{proper_name} <{proper_email}>")


def truth(people, covered=None):
    person = dict(enumerate(people, 1))
    return E.Truth(person, set(person) if covered is None else covered)


class TestFigures(unittest.TestCase):
    # Accounts 1 2 3 are Ada's, 4 5 Bob's, 6 Carol's: four true pairs.
    TRUTH = truth("aaabbc")
    PAIRS = {(1, 2): 0.9, (2, 3): 0.8, (5, 6): 0.7, (4, 5): 0.6}
    ALL = {1, 2, 3, 4, 5, 6}

    def test_members_are_closed(self):
        at = E.as_members(self.TRUTH, self.PAIRS, self.ALL, 0.8)
        self.assertEqual((at["true"], at["pairs"]), (3, 3))  # 1 3 follows
        at = E.as_members(self.TRUTH, self.PAIRS, self.ALL, 0.6)
        self.assertEqual((at["true"], at["pairs"]), (4, 6))  # 1 2 3 and 4 5 6
        self.assertAlmostEqual(at["f1"], 0.8)

    def test_best_threshold(self):
        best = E.as_members(self.TRUTH, self.PAIRS, self.ALL)
        self.assertEqual((best["threshold"], best["precision"], best["recall"]), (0.8, 1.0, 0.75))

    def test_pairs_of_equal_probability_come_together(self):
        best = E.as_listed(truth("ab"), {(1, 2): 0.5}, {1, 2})
        self.assertIsNone(best["threshold"])

    def test_listed_pairs_are_not_closed(self):
        at = E.as_listed(self.TRUTH, self.PAIRS, self.ALL, 0.0)
        self.assertEqual((at["true"], at["pairs"]), (3, 4))

    def test_unsure_accounts_join_and_do_not_count(self):
        at = E.as_members(self.TRUTH, {(1, 2): 1.0, (2, 3): 1.0}, {1, 3, 6}, 0.5)
        self.assertEqual((at["true"], at["pairs"]), (1, 1))

    def test_pairs_that_are_told_wrong(self):
        truth = E.Truth({1: "a", 2: "a", 3: "b", 4: "c"}, {1, 2, 3, 4})
        wrong = E.told_wrong(truth, {(1, 2): 0.9, (2, 3): 0.8, (3, 4): 0.1}, {1, 2, 3, 4}, 0.8, lambda a, b: {a, b} == {2, 3})
        self.assertEqual(wrong, {"wrong": 2, "alike": 1})

    def test_b_cubed(self):
        # Members {1 2 3} {4 5 6}: precision (3·1 + 2·2/3 + 1/3) / 6, recall 1.
        self.assertAlmostEqual(E.b_cubed(self.TRUTH, self.PAIRS, self.ALL, 0.6)["precision"], (3 + 4 / 3 + 1 / 3) / 6)
        self.assertAlmostEqual(E.b_cubed(self.TRUTH, self.PAIRS, self.ALL, 0.6)["recall"], 1.0)

    def test_calibration_is_the_share_of_true_pairs_in_a_band(self):
        bands = {band["from"]: band for band in E.calibration(self.TRUTH, {(1, 2): 0.95, (1, 4): 0.91, (2, 3): 0.5}, self.ALL)}
        self.assertEqual((bands[0.9]["pairs"], bands[0.9]["true"]), (2, 0.5))
        self.assertAlmostEqual(bands[0.9]["told"], 0.93)
        self.assertEqual(bands[0.99]["pairs"], 0)

    def test_a_reviewer_is_not_asked_what_follows(self):
        pairs = {(1, 2): 0.9, (2, 3): 0.8, (1, 3): 0.7, (5, 6): 0.6, (4, 5): 0.5}
        told = E.reviewed(self.TRUTH, pairs, self.ALL, [1, 2, 3, 4])
        self.assertEqual(told, {"asked": 4, "found": [0.25, 0.75, 0.75, 1.0]})


class TestTruths(unittest.TestCase):
    def test_covered_are_all_accounts_of_people_whom_a_rule_names(self):
        rows = truths.of_commits({("Ada Lovelace", "ada@x.org"), ("ada", "ada@old.org"), ("Eve", "eve@x.org")}, MAILMAP)
        self.assertEqual({row["email"]: row["covered"] for row in rows}, {"ada@x.org": True, "ada@old.org": True, "eve@x.org": False})

    def test_bare_addresses_show_no_name(self):
        people = [{"name": "Ada", "github": "ada-l", "github-id": 1, "zulip-id": 2, "discord-id": 3, "email": "a@x.org"}]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "people.json")
            path.write_text(json.dumps(people))
            bare, named = truths.people(path, 0.0), truths.people(path, 1.0)
        shown = [(row["platform"], row["username"], row["name"]) for row in bare]
        self.assertEqual(shown, [("github", "ada-l", None), ("zulip", None, "Ada"), ("discord", "ada_l", None), ("mail", None, None)])
        self.assertEqual([row["name"] for row in named], ["Ada", "Ada", None, "Ada"])

    @unittest.skipUnless((DATA / "expected.json").exists(), "the data sets are not there")
    def test_sizes_and_baselines_are_those_counted_elsewhere(self):
        expected = json.loads((DATA / "expected.json").read_text())
        sets = dict(truths.sets(DATA))
        for key, figures in expected.items():
            name = pathlib.PurePath(key).name.removesuffix(".bundle").removesuffix("-log.jsonl.zst")
            if "baselines" not in figures or name not in sets:
                continue
            accounts = truths.numbered(sets[name], name)
            known = E.Truth({row["id"]: row["person"] for row in accounts}, set())
            everybody = set(known.person)
            self.assertEqual(len(accounts), figures["raw_identities"])
            self.assertEqual(len(set(known.person.values())), figures["people"])
            self.assertEqual(known.true_pairs(everybody), figures["pairs"])
            for rule, baseline in {"same e-mail": "email", "same name": "name", "e-mail or name": "email_or_name"}.items():
                got = E.as_members(known, baselines.links(accounts, baselines.RULES[rule]), everybody)
                for figure in ("precision", "recall", "f1"):
                    self.assertAlmostEqual(got[figure], figures["baselines"][baseline][figure], delta=6e-5)


class TestSynthetic(unittest.TestCase):
    def test_same_seed_same_accounts_and_no_handle_twice_on_a_platform(self):
        rows = list(synthetic.accounts(2000, 7))
        self.assertEqual(rows, list(synthetic.accounts(2000, 7)))
        handles = [(row["platform"], row["username"]) for row in rows if row["username"]]
        self.assertEqual(len(handles), len(set(handles)))
        self.assertGreater(len({row["person"] for row in rows}), 600)



class TestPage(unittest.TestCase):
    def test_without_splink(self):
        truth = E.Truth({1: "ada", 2: "ada", 3: "bob"}, {1, 2, 3})
        figures = {way: E.evaluate(truth, {(1, 2): 1.0}, 0.0) for way in ("Axle", "Axle, by itself")}
        one = {"name": "small", "figures": figures, "within_reach": 1.0}
        rows = [row[0] for row in page.goal_rows([one], [])]
        self.assertEqual(rows, ["small: joined by itself, precision", "small: found by a reviewer"])
        self.assertIn("| small | Axle |", page.calibration_section([one]))


if __name__ == "__main__":
    unittest.main()
