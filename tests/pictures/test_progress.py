from dataclasses import replace

from odibi_nb import pictures

from . import samples


def test_a_run_that_goes_on_is_how_far_it_is_what_runs_and_what_has_failed():
    assert pictures.progress_text(samples.progress()).splitlines() == [
        "sales ▶ running · 2 of 5 nodes: 1 completed, 1 failed · 4.0 s · about 6.0 s left, as the last time",
        "  ▶ running by_region · 1.5 s of about 2.0 s",
        "  ▶ running save · 500 ms",
        "",
        "clean",
        "KeyError: 'amont'",
        "  in cell 5",
        "  3 │     return df[df.amont]",
        "                    ^",
        "  hint: did you mean?",
    ]


def test_a_time_that_isnt_known_is_said_to_be_unknown():
    text = pictures.progress_text(replace(samples.progress(), left_s=None, then_s=None, unknown=1))
    assert text.splitlines()[0].endswith("· time left unknown: 1 node never ran")


def test_what_has_ended_has_nothing_left():
    text = pictures.progress_text(replace(samples.progress(), status="cancelled", running=()))
    assert text.splitlines()[0] == "sales ■ cancelled · 2 of 5 nodes: 1 completed, 1 failed · 4.0 s"


def test_html_tells_the_same():
    text = samples.read(pictures.progress_html(samples.progress())).text
    for part in ("2 of 5 nodes", "about 6.0 s left", "▶ by_region", "1.5 s of about 2.0 s", "KeyError: 'amont'"):
        assert part in text
