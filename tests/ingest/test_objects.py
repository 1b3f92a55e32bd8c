"""Articles in object stores: found, read and mirrored like those in a folder, from a store on loopback."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

if find_spec("pyarrow") is None:
    pytest.skip("pyarrow is not installed: make setup-test", allow_module_level=True)

from ingest import IngestError, IngestReport, UnreadableSource, add_articles, objects, preview_articles
from ingest.limits import MAX_FILE_BYTES
from ingest.sources import find_sources, follow, read_source
from ingest.steps import Known, take
from ingest.types import LinkedPage, ObjectPlace, Place, Skipped, WebPlace
from ingest.watch import watch_articles
from tests.ingest.documents import archive, rss, sitemap
from tests.ingest.stores import PAGE, ObjectStore
from tests.ingest.test_mirror import CountingEmbedder, embedded, text
from tests.servers import free_port
from ui.cli import app
from ui.page.library import read_addresses
from vectorstore import ArticleIndex, Chunking

SECRET = "wJalrXUtnFEMI/K7MDENG"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ObjectStore]:
    """The bucket ``news`` of a store that pyarrow is led to as a user would: by the environment."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_", "GCE_")):
            monkeypatch.delenv(name)
    made = ObjectStore()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{made.address}")
    monkeypatch.setenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", f"http://{made.address}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(objects, "STORE_SILENT_SECONDS", 1.0)
    yield made
    made.silent = False  # what still waits for it, beyond its deadline, comes to an end
    made.stop()


@pytest.fixture(params=["s3", "gs"])
def news(request: pytest.FixtureRequest, bucket: ObjectStore) -> str:
    """The address of the bucket, which holds three articles below ``articles/``."""
    bucket.objects |= {f"articles/{number}.txt": text(number).encode() for number in range(3)}
    return f"{request.param}://news"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[ArticleIndex]:
    made = ArticleIndex.open(tmp_path / "index", CountingEmbedder())
    yield made
    made.close()


def found(*names: str) -> list[str]:
    return [place.source for place in find_sources(names) if not isinstance(place, Skipped)]


def skipped(*names: str) -> dict[str, str]:
    return {place.source: place.reason for place in find_sources(names) if isinstance(place, Skipped)}


def told(report: IngestReport) -> dict[str, str]:
    return {one.source.partition("/news/")[2]: one.status for one in report.outcomes if one.status != "unchanged"}


def reason(place: Place) -> str:
    with pytest.raises(UnreadableSource) as caught:
        read_source(place)
    return caught.value.reason


# What is found


def test_all_below_a_prefix_is_found_in_order_and_nothing_beside_it(bucket: ObjectStore, news: str) -> None:
    bucket.objects |= {
        "articles/deep/er/b.md": b"x",
        "articles/picture.jpg": b"x",
        "articles/.hidden.txt": b"x",
        "articles/.git/c.txt": b"x",
        "articles/empty/": b"",
        "articles.txt": b"x",
        "articles-2/d.txt": b"x",
    }
    expected = [f"{news}/articles/{name}" for name in ("0.txt", "1.txt", "2.txt", "deep/er/b.md")]
    assert found(f"{news}/articles") == found(f"{news}/articles/") == expected
    assert found(news) == found(f"{news}/") == [f"{news}/articles-2/d.txt", f"{news}/articles.txt", *expected]
    assert skipped(f"{news}/art") == {
        f"{news}/art": "no such object, and none below it; what was read from there before is kept"
    }
    assert skipped(f"{news}/art/").keys() == {f"{news}/art/"}


def test_one_object_is_found_whatever_it_is_called(bucket: ObjectStore, news: str) -> None:
    bucket.objects |= {"articles": b"x", ".odd.jpg": b"x"}
    assert found(f"{news}/articles") == [f"{news}/articles"]
    assert found(f"{news}/articles/") == [f"{news}/articles/{number}.txt" for number in range(3)]
    assert found(f" {news.upper().replace('NEWS', 'news')}/.odd.jpg ") == [f"{news}/.odd.jpg"]


def test_a_long_list_comes_in_pages_and_is_known_whole_or_not_at_all(bucket: ObjectStore, news: str) -> None:
    bucket.objects |= {f"many/{number:05}.txt": b"x" for number in range(PAGE + 201)}
    assert len(found(f"{news}/many/")) == PAGE + 201
    assert len([one for one in bucket.asked if one.startswith("LIST")]) == 2
    bucket.failing, bucket.failing_after = 403, 1
    assert found(f"{news}/many/") == []
    bucket.failing_after = 1
    assert "refuses access" in skipped(f"{news}/many/")[f"{news}/many/"]


def test_names_are_taken_as_they_are(bucket: ObjectStore, news: str) -> None:
    names = ["Ärger im März.txt", "a b.txt", "100%.txt", "%20.txt", "a#b.txt", "who?.txt", "a+b&c.txt", "日本.txt"]
    bucket.objects |= {f"odd/{name}": name.encode() for name in names}
    places = list(find_sources([f"{news}/odd/"]))
    assert sorted(place.source for place in places) == sorted(f"{news}/odd/{name}" for name in names)
    for place in places:
        assert not isinstance(place, Skipped)
        raw = read_source(place)
        assert raw.content.decode() == raw.name == place.source.rpartition("/")[2]
    assert found(f"{news}/odd/100%.txt", f"{news}/odd/a#b.txt") == [f"{news}/odd/100%.txt", f"{news}/odd/a#b.txt"]


def test_a_name_that_would_mean_another_object_is_refused(bucket: ObjectStore, news: str) -> None:
    bucket.objects["articles//x.txt"] = b"x"
    assert list(skipped(f"{news}/articles/")) == [f"{news}/articles//x.txt"]
    for name in ("/x.txt", "a/../x.txt", "a/./x.txt", "a//"):
        [why] = skipped(f"{news}/{name}").values()
        assert "cannot be read" in why
    assert list(skipped(f"{news[:2]}://", f"{news[:2]}:///x")) == [f"{news[:2]}://"]


# What is read


def test_limits_are_those_of_files(bucket: ObjectStore, news: str) -> None:
    bucket.objects |= {"long.txt": b"x" * (MAX_FILE_BYTES + 1_000_000), "full.txt": b"x" * MAX_FILE_BYTES, "none": b""}
    assert reason(ObjectPlace(f"{news}/long.txt")) == "21 MB is more than the 20 MB a file may have; split it"
    assert len(read_source(ObjectPlace(f"{news}/full.txt")).content) == MAX_FILE_BYTES
    assert reason(ObjectPlace(f"{news}/none")) == "the object is empty; save it again, and add that"
    assert reason(ObjectPlace(f"{news}/gone.txt")) == "no such object"


def test_a_store_that_says_nothing_is_not_waited_for(
    bucket: ObjectStore, news: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "OBJECT_SECONDS", 0.5)
    monkeypatch.setattr(objects, "LISTING_SECONDS", 0.5)
    bucket.silent = True
    assert reason(ObjectPlace(f"{news}/articles/0.txt")) == "the store gave no complete answer in time"
    assert skipped(f"{news}/articles/") == {f"{news}/articles/": "the store gave no complete answer in time"}


def test_keys_are_taken_from_the_environment_and_none_are_needed(
    bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.objects["a.txt"] = b"x"
    read_source(ObjectPlace("s3://news/a.txt"))
    assert bucket.signed == {"AKIDEXAMPLE"}
    bucket.signed.clear()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    objects._amazon.cache_clear()  # as in a new process
    read_source(ObjectPlace("s3://news/a.txt"))
    assert bucket.signed == {""}


def test_a_role_is_looked_for_where_a_machine_may_have_one(
    bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert objects._has_amazon_key()
    for name in objects._AMAZON_KEYS:
        monkeypatch.delenv(name, raising=False)
    assert not objects._has_amazon_key()
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    assert not objects._has_amazon_key()
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://{bucket.address}")
    assert objects._has_amazon_key()
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    file = tmp_path / ".aws" / "credentials"
    file.parent.mkdir()
    file.write_text(f"[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = {SECRET}\n", "utf-8")
    bucket.objects["a.txt"] = b"x"
    objects._amazon.cache_clear()
    read_source(ObjectPlace("s3://news/a.txt"))
    assert bucket.signed == {"AKIDFILE"}


def test_the_endpoint_of_s3_counts_before_that_of_all_services(
    bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.objects["a.txt"] = b"x"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{bucket.address}/")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert read_source(ObjectPlace("s3://news/a.txt")).content == b"x"
    for address in (f"http://me:{SECRET}@127.0.0.1:9", "127.0.0.1:9", "http://[x"):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
        why = reason(ObjectPlace("s3://news/a.txt"))
        assert why.startswith("AWS_ENDPOINT_URL is no address of a store") and SECRET not in why


@pytest.mark.parametrize(
    "address",
    [
        f"s3://AKIDEXAMPLE:{SECRET}@news/articles/",
        f"s3://AKIDEXAMPLE:{SECRET.replace('/', '%2F')}@news/articles/",
        f"s3://{SECRET.replace('/', '')}@news/a.txt",
        f"gs://news/a.txt?access_token={SECRET}",
        f"s3://news?secret_key={SECRET}",
        f"S3://news/a.txt?X-Amz-Signature={SECRET}",
    ],
)
def test_a_key_in_an_address_is_refused_and_not_repeated(
    address: str, bucket: ObjectStore, index: ArticleIndex
) -> None:
    report = add_articles([address], index)
    [outcome] = report.outcomes
    assert outcome.status == "skipped"
    assert "AWS_SECRET_ACCESS_KEY" in str(outcome) or "GOOGLE_APPLICATION_CREDENTIALS" in str(outcome)
    for part in ("K7MDENG", "wJalr", "AKIDEXAMPLE"):
        assert part not in str(report)
    assert bucket.asked == []


def test_without_pyarrow_it_says_what_is_missing(
    bucket: ObjectStore, index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    report = add_articles(["s3://news/articles/"], index)
    assert [one.status for one in report.outcomes] == ["skipped"]
    assert "pip install 'article-qa[objects]'" in (report.outcomes[0].reason or "")


# What becomes of a library


def test_a_prefix_is_mirrored(bucket: ObjectStore, news: str, index: ArticleIndex) -> None:
    bucket.objects["articles/stays.txt"] = text(4).encode()
    assert set(told(add_articles([f"{news}/articles"], index)).values()) == {"added"}
    assert {article.source for article in index.articles()} == {
        f"{news}/articles/{name}.txt" for name in ("0", "1", "2", "stays")
    }
    before = embedded(index)
    again = add_articles([f"{news}/articles/"], index)
    assert (told(again), again.chunks, embedded(index)) == ({}, 0, before)

    bucket.objects["articles/1.txt"] = text(7).encode()
    bucket.objects["articles/new/name.txt"] = bucket.objects.pop("articles/0.txt")
    del bucket.objects["articles/2.txt"]
    expected = {"articles/1.txt": "changed", "articles/2.txt": "removed", "articles/new/name.txt": "moved"}
    assert told(preview_articles([f"{news}/articles"], index)) == expected
    report = add_articles([f"{news}/articles"], index)
    assert told(report) == expected
    assert [one.previous for one in report.of("moved")] == [f"{news}/articles/0.txt"]
    assert embedded(index) == before + 1
    assert len(index.articles()) == 3
    assert index.check().sound


def test_what_is_beside_a_prefix_or_was_added_by_name_stays(
    bucket: ObjectStore, news: str, index: ArticleIndex
) -> None:
    bucket.objects |= {"art/a.txt": text(5).encode(), "articles/.odd": text(6).encode()}
    add_articles([f"{news}/articles/.odd", news], index)
    assert index.counts()[0] == 5
    del bucket.objects["articles/2.txt"]
    assert told(add_articles([f"{news}/art"], index)) == {}
    assert told(add_articles([f"{news}/articles"], index)) == {"articles/2.txt": "removed"}
    del bucket.objects["articles/.odd"]
    assert told(add_articles([f"{news}/articles"], index)) == {"articles/.odd": "removed"}


def test_a_prefix_that_holds_nothing_any_more_keeps_what_was_stored(
    bucket: ObjectStore, news: str, index: ArticleIndex
) -> None:
    add_articles([f"{news}/articles"], index)
    bucket.objects.clear()
    for address in (f"{news}/articles", f"{news}/articles/", f"{news}/"):
        [outcome] = add_articles([address], index).outcomes
        assert (outcome.status, outcome.source) == ("skipped", address) and "kept" in (outcome.reason or "")
    bucket.objects["articles/picture.jpg"] = b"x"
    [outcome] = add_articles([f"{news}/articles"], index).outcomes
    assert outcome.reason == "holds no articles any more; 3 read from it before are kept (remove them by hand)"
    assert index.counts()[0] == 3


def test_a_store_that_cannot_be_asked_takes_nothing_away(bucket: ObjectStore, news: str, index: ArticleIndex) -> None:
    add_articles([f"{news}/articles"], index)
    for status, why in ((403, "the store refuses access; the keys for it belong in "), (503, "")):
        bucket.failing = status
        [outcome] = add_articles([f"{news}/articles"], index).outcomes
        assert outcome.status == "skipped" and (outcome.reason or "").startswith(why)
    bucket.failing = None
    bucket.stop()
    [outcome] = add_articles([f"{news}/articles"], index).outcomes
    assert outcome.status == "skipped" and "cannot be reached" in (outcome.reason or "")
    assert SECRET not in str(outcome)
    assert index.counts()[0] == 3


def test_a_bucket_that_is_not_there_is_named(bucket: ObjectStore, news: str) -> None:
    for address in (f"{news}papers/", f"{news}papers/a/", f"{news}papers/a.txt"):
        assert skipped(address) == {
            address: "there is no bucket newspapers; what was read from there before is kept",
        }


def test_an_object_with_several_articles_is_followed(bucket: ObjectStore, news: str, index: ArticleIndex) -> None:
    bucket.objects["articles/all.zip"] = archive({"a.txt": text(3), "b.txt": text(4)})
    add_articles([f"{news}/articles"], index)
    bucket.objects["articles/all.zip"] = archive({"a.txt": text(3)})
    report = add_articles([f"{news}/articles/all.zip"], index)
    assert told(report) == {"articles/all.zip!/a.txt": "changed", "articles/all.zip!/b.txt": "removed"}
    assert index.counts()[0] == 4


def test_a_list_in_a_store_makes_nothing_fetched(bucket: ObjectStore, news: str, index: ArticleIndex) -> None:
    inside = f"http://{bucket.address}/news/secret.html"
    bucket.objects["lists/sitemap.xml"] = sitemap(inside)
    bucket.objects["lists/feed.xml"] = rss(f"<item><title>N</title><link>{inside}</link></item>")
    report = add_articles([f"{news}/lists"], index, allow_private=True)
    assert f"{news}/lists/sitemap.xml" in [one.source for one in report.of("skipped")]
    led = follow(LinkedPage(inside), ObjectPlace(f"{news}/lists/feed.xml"))
    assert led == Skipped(inside, "listed in feed.xml; name the address itself to fetch it")
    assert not any("secret" in one for one in bucket.asked)


def test_a_source_can_be_taken_by_another_process(bucket: ObjectStore, news: str) -> None:
    known = pickle.loads(pickle.dumps(Known(ObjectPlace(f"{news}/articles/0.txt"))))
    taken = take(known, Chunking(), allow_private=False)
    assert [one.status for one in taken.outcomes] == ["added"] and taken.chunks


# Who may name one


def test_the_page_reads_no_object_store() -> None:
    addresses, refused = read_addresses("s3://news/articles https://x.example/a GS://news/a.txt")
    assert addresses == ["https://x.example/a"]
    assert [one.source for one in refused] == ["s3://news/articles", "GS://news/a.txt"]
    assert {one.reason for one in refused} == {"the page reads no object store; article-qa ingest does"}


def test_a_list_on_the_web_does_not_lead_to_an_object_store() -> None:
    led = follow(LinkedPage("s3://news/a.txt"), WebPlace("https://x.example/feed"))
    assert isinstance(led, Skipped)


def test_a_store_is_not_watched(bucket: ObjectStore, index: ArticleIndex) -> None:
    with pytest.raises(IngestError, match="tells of no changes"):
        next(watch_articles(["s3://news/articles"], index))
    ran = CliRunner().invoke(app, ["ingest", "s3://news/articles", "--watch", "--index", str(index.folder)])
    assert ran.exit_code == 2 and "tells of no changes" in " ".join(ran.output.replace("│", " ").split())
    assert bucket.asked == []


def test_the_command_looks_without_writing(bucket: ObjectStore, news: str, tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["ingest", f"{news}/articles", "--dry-run", "--index", str(tmp_path / "none")])
    assert ran.exit_code == 0, ran.output
    assert "3" in ran.output and not (tmp_path / "none").exists()
