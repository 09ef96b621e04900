"""wheel_module.py REPOSITORY: the module gdd_suite, tried on the demo; in an empty folder, by the Python that has it."""

import io
import sys
from contextlib import redirect_stderr
from pathlib import Path

import gdd_suite

demo = Path(sys.argv[1]) / "all_ckpt"
network, reference = demo / "gdd-demo.pkl", demo / "gdd-demo-ref.npz"

told = io.StringIO()
with redirect_stderr(told):
    report = gdd_suite.evaluate(
        network, reference, metrics=["fid", "is"], seeds="0-199", outdir="kept", device="cpu", flags=["--batch", "50"]
    )
scores = {score["name"]: score for score in report["scores"]}
assert set(scores) == {"fid", "inception_score"}, scores
assert scores["fid"]["num_samples"] == 200 and scores["fid"]["value"] > 0, scores
assert report["provenance"]["versions"]["gdd"] == gdd_suite.__version__, report["provenance"]
assert "gdd-eval: sampled 200 of 200 images" in told.getvalue(), told.getvalue()

# The same images by another way: sampled, then scored.
run = gdd_suite.sample(network, "images", seeds="0-199", device="cpu", verbose=False)
assert Path("images/000199.png").is_file() and run["provenance"]["versions"] == report["provenance"]["versions"], run
again = gdd_suite.fid("images", reference, device="cpu", verbose=False)["scores"][0]["value"]
assert abs(again - scores["fid"]["value"]) < 1e-6 * again, (again, scores)


def error_of(exit_code: int, said: str, **settings: object) -> None:
    """evaluate() with these settings fails with one line, and shows nothing."""
    quiet = io.StringIO()
    try:
        with redirect_stderr(quiet):
            gdd_suite.evaluate(**{"network": network, "ref": reference, "outdir": "other", "verbose": False, **settings})
    except gdd_suite.GddError as error:
        assert error.exit_code == exit_code and said in str(error) and "\n" not in str(error), (error.exit_code, error)
        assert quiet.getvalue() == "", quiet.getvalue()
    else:
        raise AssertionError(f"no error of {settings}")


error_of(1, "gdd-eval: error: /nowhere.pkl", network="/nowhere.pkl")
error_of(2, "'nothing' is not known", metrics="nothing")
error_of(2, "--nothing", flags=["--nothing"])
