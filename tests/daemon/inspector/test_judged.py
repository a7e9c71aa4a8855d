"""The page of a sample shows the text that was judged, whichever that is."""

from __future__ import annotations

from dataclasses import replace

from echo_core.judging.checks.later import Later
from echo_core.judging.exhibit import Judged
from echo_core.judging.judgement import Judgement
from echo_core.records.wire import ConsentChoice
from echo_testing.browsing import follow
from echo_testing.parlour import Parlour
from echo_testing.records import a_sample
from echo_testing.samples import a_look

LATER = "answer = 42\nmore = 43\n"


async def test_where_a_commits_text_was_judged_it_is_shown_up_to_its_cut(parlour: Parlour) -> None:
    store, archive = parlour.lodge.store, parlour.lodge.archive
    await store.choose(ConsentChoice(record=True, by="a test"))
    sample = a_sample()
    store.write_sample(sample)
    store.write_look(replace(a_look(sample.target, LATER), request=sample.request))
    await store.flush()
    exhibit = await archive.exhibit(1)
    assert exhibit is not None
    kept = Judgement(12, "statement", 0.8, "", (), later=Later.TAKEN)
    archive.judged(Judged(1, exhibit.stamp, 1, b"v", kept))
    await archive.flush()
    page = (await (await follow(await parlour.link())).get("/samples/1")).text
    assert Later.TAKEN.sentence in page
    shown = page.partition("What was judged, up to the cut and behind it")[2].partition("</pre>")[0]
    assert "answer = 42\n" in shown
    assert 'class="cut">more = 43\n' in shown
    assert "return" not in shown  # what was kept, with half a character in it
