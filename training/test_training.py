"""The features and vectors of this folder are those of the shared test vectors."""
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy as np  # noqa: E402
import scipy.sparse as sp  # noqa: E402

import asked  # noqa: E402
import datasets as D  # noqa: E402
import embed  # noqa: E402
import features  # noqa: E402
import logistic  # noqa: E402
import tones  # noqa: E402

ROOT = HERE.parent
VECTORS = json.loads((ROOT / "crates/axle-text/tests/test-vectors.json").read_text())


class TestVectors(unittest.TestCase):
    def test_slots_are_equal(self):
        for v in VECTORS:
            self.assertEqual(features.slots(v["text"]), v["feature_slots"], v["text"])

    def test_clauses_are_read_from_where_they_begin(self):
        """The same cases as in `features/asked.rs`."""
        begun = lambda text: " ".join(asked.begun(features.tokens(text)))
        self.assertEqual(begun("Well, uh, you know, do you, do you garden"), "do you garden")
        self.assertEqual(begun("So, I, I mean what what is that"), "what is that")
        self.assertEqual(begun("the - the dog"), "the - the dog")
        plain = asked.names("did you ever get it to run there?")
        self.assertEqual(plain, {"k?APo", "k?AP", "n?5", "f did", "f? did", "g did you", "i?4", "y?A"})
        self.assertEqual(asked.names("oh well, did you ever get it to run there?"), plain)

    def test_words_are_turned_and_counted(self):
        """The same case as in `vader/tones.rs`."""
        found = tones.tones("not good, but bad x x x x", {"good": 1.9, "bad": -2.5}, {"not"})
        np.testing.assert_allclose(found, [0, 3.906 / 12, 0, 0.4, 0, -0.625, -0.625, 1, 0, 1 / 3], atol=1e-9)

    def test_static_vectors_are_equal(self):
        folder = ROOT / "crates/axle-text/models"
        static = embed.Static(folder / "static-256.safetensors", folder / "static-vocab.txt")
        for v in VECTORS:
            self.assertEqual(static.ids(v["text"]), v["static_ids"])
            np.testing.assert_allclose(static.embed(v["text"])[:8], v["static_first8"], atol=1e-4)

    def test_minilm_is_equal(self):
        m = ROOT / "models"
        minilm = embed.MiniLm(m / "minilm-l6-q8.safetensors", m / "minilm-vocab.txt")
        mood = embed.MiniLm(m / "sentiment-minilm-q8.safetensors", m / "minilm-vocab.txt", m / "minilm-l6-q8.safetensors", 80)
        for v in VECTORS:
            if "minilm_ids" not in v:
                continue
            self.assertEqual(minilm.ids(v["text"]), v["minilm_ids"])
            np.testing.assert_allclose(minilm.embed([v["text"]])[0][:8], v["minilm_first8"], atol=2e-4)
            np.testing.assert_allclose(mood.classify([v["text"]])[0], v["sentiment_minilm"], atol=2e-4)


class TestLogistic(unittest.TestCase):
    def test_bias_alone_learns_the_share(self):
        # Three of four are "yes": sigmoid(bias) = 3/4, bias = ln 3.
        y = np.array([[0, 1], [0, 1], [0, 1], [1, 0]], float)
        _, _, bias = logistic.fit(sp.csr_matrix((4, 2)), np.zeros((4, 1), np.float32), y)
        self.assertAlmostEqual(bias[0], np.log(3), places=3)

    def test_three_classes_learn_the_shares(self):
        y = np.eye(3)[[0, 1, 1, 2, 2, 2]]
        _, _, bias = logistic.fit(sp.csr_matrix((6, 2)), np.zeros((6, 1), np.float32), y)
        self.assertAlmostEqual(bias[2] - bias[0], np.log(3), places=2)


class TestMessages(unittest.TestCase):
    def test_labels_are_known(self):
        for name, rows in D.written_messages(HERE / "messages").items():
            for r in rows:
                self.assertTrue(r["text"].strip(), name)
                self.assertLessEqual(set(r["labels"]), set(D.LABELS), r)


if __name__ == "__main__":
    unittest.main()
