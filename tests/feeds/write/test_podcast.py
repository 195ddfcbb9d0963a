"""Every element of podcasts, in a feed that comes in and in the one that goes out."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from config.settings import Format
from feeds.parse import parse
from feeds.write import render
from feeds.write.podcast import of_podcast
from tests.support.items import a_document, an_item
from tests.support.rules import broken_atom, broken_json, broken_rss

BASE = "https://pod.example/feed.xml"
NAMESPACES = (
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    ' xmlns:psc="http://podlove.org/simple-chapters"'
)
ANYWHERE = """
<podcast:person role="guest" group="cast" img="https://pod.example/z.jpg" href="https://pod.example/z">Zoë</podcast:person>
<podcast:person>Bao</podcast:person>
<podcast:location geo="geo:45,7" osm="R113314">Turin &amp; around</podcast:location>
<podcast:location>Turin</podcast:location>
<podcast:license url="https://creativecommons.org/licenses/by/4.0/">cc-by-4.0</podcast:license>
<podcast:license>cc-by-4.0</podcast:license>
<podcast:value type="lightning" method="keysend" suggested="0.00000005000">\
<podcast:valueRecipient name="Host" type="node" address="02d5" split="90"/>\
<podcast:valueRecipient name="App" type="node" address="03ae" split="10" fee="true"/></podcast:value>
<podcast:images srcset="https://pod.example/a.jpg 1500w, https://pod.example/b.jpg 300w"/>
<podcast:image href="https://pod.example/a.jpg" alt="A" aspect-ratio="1/1" width="1400" purpose="artwork"/>
<podcast:txt purpose="verify">S6lpp-7ZCn8-dZfGc-OoyaG</podcast:txt>
<podcast:txt>naj3eEZaWVVY9a38uhX8FekACyhtqP4JN</podcast:txt>
<podcast:funding url="https://pod.example/give">Support the show!</podcast:funding>
<podcast:chat server="irc.example" protocol="irc" accountId="@host" space="#pod"/>
<podcast:socialInteract protocol="activitypub" uri="https://social.example/@pod/1" accountId="@pod" priority="1"/>
"""
OF_EPISODES = """
<podcast:transcript url="https://pod.example/1.vtt" type="text/vtt" language="en" rel="captions"/>
<podcast:chapters url="https://pod.example/1.json" type="application/json+chapters"/>
<podcast:soundbite startTime="73.0" duration="60.0"/>
<podcast:soundbite startTime="1234.5" duration="42.25">Why the thing matters</podcast:soundbite>
<podcast:season name="Race for the White House">3</podcast:season>
<podcast:season>3</podcast:season>
<podcast:episode display="Ch.3">315.5</podcast:episode>
<podcast:alternateEnclosure type="audio/mpeg" length="43200000" bitrate="128000" default="true" title="Standard">\
<podcast:source uri="https://pod.example/file-0.mp3"/>\
<podcast:source uri="ipfs://QmdwGqd3d2gFPGeJNLLCshdiPert45fMu84552Y4XHTy4y" contentType="audio/mpeg"/>\
<podcast:integrity type="sri" value="sha384-ExVqijgYHm15PqQqdXfW95x+Rs6C+d6E"/></podcast:alternateEnclosure>
<podcast:value type="lightning" method="keysend"><podcast:valueRecipient type="node" address="02d5" split="100"/>\
<podcast:valueTimeSplit startTime="60" duration="237" remotePercentage="95">\
<podcast:remoteItem itemGuid="urn:x" feedGuid="a94f5cc9"/>\
</podcast:valueTimeSplit></podcast:value>
<podcast:contentLink href="https://video.example/1">Live on video!</podcast:contentLink>
<psc:chapters version="1.2"><psc:chapter start="00:00:00" title="Start" href="https://pod.example/s"/></psc:chapters>
"""
OF_PODCASTS = """
<podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>
<podcast:medium>music</podcast:medium>
<podcast:locked owner="email@pod.example">yes</podcast:locked>
<podcast:trailer pubdate="Thu, 01 Apr 2021 08:00:00 EST" url="https://pod.example/t.mp3" length="1234" \
type="audio/mp3">Soon</podcast:trailer>
<podcast:block id="google">yes</podcast:block>
<podcast:updateFrequency rrule="FREQ=WEEKLY">weekly</podcast:updateFrequency>
<podcast:podroll><podcast:remoteItem feedGuid="29cdca4a-32d8-56ba-b48b-09a011c5daa9"/></podcast:podroll>
<podcast:publisher><podcast:remoteItem medium="publisher" feedGuid="003af0a0" feedUrl="https://pod.example/p.xml"/></podcast:publisher>
<podcast:remoteItem feedGuid="917393e3" itemGuid="asd"/>
"""


def lines(text: str) -> list[str]:
    return text.strip().split("\n")


def podcast(head: str = "", item: str = "") -> bytes:
    return (
        f'<rss version="2.0" {NAMESPACES}><channel><title>Pod</title><link>https://pod.example/</link>'
        f"<description>D</description>{head}<item><title>One</title><guid>urn:pod:1</guid>{item}"
        '<enclosure url="https://pod.example/1.mp3" length="1" type="audio/mpeg"/></item></channel></rss>'
    ).encode()


def told(element: etree._Element) -> object:
    """What an element says, whatever the order of its attributes."""
    parts = [told(one) for one in element]
    return str(element.tag), (element.text or "").strip(), sorted(map(str, element.attrib.items())), parts


def said(xml: str) -> object:
    return told(etree.fromstring(f"<a {NAMESPACES}>{xml}</a>")[0])


@pytest.mark.parametrize("xml", lines(ANYWHERE + OF_EPISODES.lstrip()))
def test_an_episode_says_it_in_rss_and_atom(xml: str) -> None:
    (entry,) = parse(podcast(item=xml), url=BASE).entries
    document = a_document(an_item(entry=entry, feed_url=BASE))
    rss, atom = render(document, "rss"), render(document, "atom")
    assert (broken_rss(rss), broken_atom(atom)) == ([], [])
    assert said(xml) in [told(one) for one in etree.fromstring(rss).find("channel/item")]
    assert said(xml) in [told(one) for one in etree.fromstring(atom).find("{*}entry")]
    assert json.loads(render(document, "json"))["items"][0]["_backissue"]["podcast"]


@pytest.mark.parametrize("xml", lines(ANYWHERE + OF_PODCASTS.lstrip()))
def test_a_podcast_says_it_of_itself(xml: str) -> None:
    podcasting = of_podcast(parse(podcast(head=xml), url=BASE).feed, BASE)
    document = a_document(an_item(), podcasting=podcasting)
    rss, atom, feed = (render(document, format) for format in ("rss", "atom", "json"))
    assert (broken_rss(rss), broken_atom(atom), broken_json(feed)) == ([], [], [])
    assert said(xml) in [told(one) for one in etree.fromstring(rss)[0]]
    assert said(xml) in [told(one) for one in etree.fromstring(atom)]
    assert len(json.loads(feed)["_backissue"]["podcast"]) == 1


@pytest.mark.parametrize(
    "xml",
    [
        '<podcast:trailer url="javascript:alert(1)" pubdate="Thu, 01 Apr 2021 08:00:00 EST">T</podcast:trailer>',
        "<podcast:podroll>x</podcast:podroll>",
        '<podcast:podping usesPodping="true"/>',
        '<podcast:liveItem status="live"><title>Now</title></podcast:liveItem>',
        '<podcast:images srcset="javascript:alert(1) 300w"/>',
    ],
)
def test_what_would_not_be_true_or_safe_is_left_out(xml: str) -> None:
    assert of_podcast(parse(podcast(head=xml), url=BASE).feed, BASE) == ()


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_relative_pictures_are_absolute(format: Format) -> None:
    (entry,) = parse(podcast(item='<podcast:images srcset="/a.jpg 9w,b.jpg"/>'), url=BASE).entries
    document = render(a_document(an_item(entry=entry, feed_url=BASE)), format)
    assert b"https://pod.example/a.jpg 9w, https://pod.example/b.jpg" in document


def test_who_makes_a_podcast_stays_so() -> None:
    head = "<itunes:author>Pod People</itunes:author><itunes:type>Serial</itunes:type>"
    said = of_podcast(parse(podcast(head=head), url=BASE).feed, BASE)
    apple = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
    for category, found in (("Arts", [["Pod People"], ["serial"]]), ("", [[], []])):
        rss = render(a_document(an_item(), podcasting=said, podcast=category), "rss")
        assert broken_rss(rss) == []
        top = etree.fromstring(rss)[0]
        assert [[one.text for one in top.findall(f"{apple}{name}")] for name in ("author", "type")] == found
    assert not any(b"itunes" in render(a_document(an_item(), podcasting=said), format) for format in ("atom", "json"))


def test_apple_has_a_title_of_its_own() -> None:
    (entry,) = parse(podcast(item="<itunes:title>Bare</itunes:title>"), url=BASE).entries
    document = a_document(an_item(entry=entry, feed_url=BASE), podcast="Arts")
    item = etree.fromstring(render(document, "rss")).find("channel/item")
    assert item.findtext("title") == "One"
    assert item.findtext("{http://www.itunes.com/dtds/podcast-1.0.dtd}title") == "Bare"
