"""The command as people and scripts use it: what it prints where, and its exit status."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import ingest
import samples
from qa.types import Answer
from ui.cli import app
from ui.history import Exchange, Feedback, History
from vectorstore import ArticleIndex

PATIENCE_SECONDS = 120
"""For a process to end: it takes a moment, but tests run on busy machines too."""
ROOT = Path(__file__).resolve().parents[2]
TEXTS = {
    "curie.txt": "Marie Curie\n\nMarie Curie was born in Warsaw in 1867. She discovered radium with Pierre.",
    "tern.txt": "The Arctic Tern\n\nThe Arctic tern flies from pole to pole and back every year of its life.",
    "mile.txt": "The Mile\n\nRoger Bannister ran the first mile in under four minutes at Oxford in 1954.",
}


@pytest.fixture(autouse=True)
def tidy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leaves environment and logging as they were."""
    for name in [name for name in os.environ if name.startswith(("ARTICLE_QA_", "HF_HUB_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    names = ["", "ingest", "language", "qa", "ui", "vectorstore"]
    before = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers
    for logger, level in before:
        logger.setLevel(level)


def run(*arguments: object, **options: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


def write_texts(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the three texts: to be read, not written."""
    home = tmp_path_factory.mktemp("shelf")
    result = run("ingest", write_texts(home / "articles"), "--index", home / "index")
    assert result.exit_code == 0, result.output
    return home / "index"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A library of the three texts for one test."""
    assert run("ingest", write_texts(tmp_path / "articles"), "--index", tmp_path / "index").exit_code == 0
    return tmp_path / "index"


def ids(index: Path) -> dict[str, str]:
    """The ids of a library by title."""
    return {one["title"]: one["id"] for one in json.loads(run("articles", "--json", "--index", index).stdout)}


# Help, version, wrong usage


def test_help_names_every_command() -> None:
    shown = run("--help").stdout
    assert all(
        command in shown for command in ("ingest", "ask", "chat", "mcp", "feedback", "eval", "articles", "index")
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, ui.cli\n"
        "try: ui.cli.app(['ask', '--help'])\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'gradio', 'chromadb', 'transformers', 'langchain_core', 'onnxruntime', 'numpy'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "QUESTION" in done.stdout
    assert done.stderr == "heavy: []\n"


def test_version() -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("article-qa")


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["ask"],
        ["ask", "Who?", "--top-k", "0"],
        ["ask", "Who?", "--threshold", "2"],
        ["ask", "Who?", "--bogus"],
        ["ask", "Who?", "--index", __file__],
        ["ingest"],
        ["chat", "--port", "70000"],
        ["chat", "--auth", "me"],
        ["eval"],
        ["eval", "nowhere.jsonl"],
        ["eval", samples.QUESTIONS, "--gold-context"],
        ["eval", samples.QUESTIONS, "--gold-context", "--llm", "openai:gpt"],
        ["eval", samples.QUESTIONS, "--json", ROOT],
        ["eval", samples.QUESTIONS, "--report", Path(__file__) / "report.html"],
        ["articles", "frobnicate"],
        ["articles", "list", "abc"],
        ["articles", "show"],
        ["articles", "show", "a", "b"],
        ["articles", "remove"],
        ["articles", "remove", "a", "--author", "b"],
        ["articles", "show", "a", "--since", "2020"],
        ["articles", "--since", "August"],
        ["index", "frobnicate"],
        ["index", "check", "--embedder", "other"],
    ],
    ids=lambda arguments: " ".join(Path(str(one)).name for one in arguments),
)
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Error" in result.stderr or "Usage" in result.stderr


def test_a_senseless_environment_exits_2_and_is_named(shelf: Path) -> None:
    result = run("ask", "Who?", "--index", shelf, env={"ARTICLE_QA_TOP_K": "many"})
    assert result.exit_code == 2
    assert "top_k" in result.stderr


@pytest.mark.parametrize("arguments", [["-v", "articles"], ["articles", "--verbose"]], ids=" ".join)
def test_verbose_shows_logs_wherever_it_stands(shelf: Path, arguments: list[str]) -> None:
    run("articles", "--index", shelf)
    assert logging.getLogger("ingest").level == logging.WARNING
    run(*arguments, "--index", shelf)
    assert logging.getLogger("ingest").level == logging.DEBUG


# A library that is not there


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "Who?"],
        ["ask", "Who?", "--json"],
        ["eval", samples.QUESTIONS],
        ["articles"],
        ["articles", "show", "a"],
        ["index"],
    ],
    ids=lambda arguments: " ".join(Path(str(one)).name for one in arguments),
)
def test_looking_makes_no_library(tmp_path: Path, arguments: list[object]) -> None:
    folder = tmp_path / "new one"
    result = run(*arguments, "--index", folder)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "".join(result.stderr.split("\n")) == (
        f"article-qa: there is no library at {folder} yet: article-qa ingest FOLDER --index '{folder}'"
    )
    assert not folder.exists()


def test_the_library_may_be_named_in_the_environment(shelf: Path, tmp_path: Path) -> None:
    assert len(json.loads(run("articles", "--json", env={"ARTICLE_QA_INDEX": str(shelf)}).stdout)) == 3
    assert run("articles", env={"ARTICLE_QA_INDEX": str(tmp_path)}).exit_code == 1


# ingest


def test_ingest_tells_what_was_added_changed_and_removed(tmp_path: Path) -> None:
    folder, index = write_texts(tmp_path / "articles"), tmp_path / "index"
    first = run("ingest", folder, "--index", index)
    assert first.exit_code == 0
    assert first.stdout.count("+ ") == 3
    assert "3 added, 0 changed, 0 unchanged, 0 removed, 0 skipped" in first.stdout
    (folder / "curie.txt").unlink()
    (folder / "tern.txt").write_text(TEXTS["tern.txt"] + " It lives for thirty years.", encoding="utf-8")
    second = run("ingest", folder, "--index", index)
    assert second.exit_code == 0
    assert "0 added, 1 changed, 1 unchanged, 1 removed, 0 skipped" in second.stdout
    assert second.stderr == ""


def test_a_source_that_cannot_be_read_is_named_and_the_rest_is_added(tmp_path: Path) -> None:
    result = run("ingest", tmp_path / "nowhere", write_texts(tmp_path / "articles"), "--index", tmp_path / "index")
    assert result.exit_code == 1
    assert "3 added" in result.stdout
    assert "nowhere" in result.stderr


def test_a_folder_without_articles_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("ingest", tmp_path / "empty", "--index", tmp_path / "index")
    assert result.exit_code == 1
    assert "empty" in result.stderr


def test_another_embedding_model_than_the_librarys_is_refused(shelf: Path, tmp_path: Path) -> None:
    result = run("ingest", tmp_path, "--index", shelf, "--embedder", "other")
    assert result.exit_code == 1
    assert "all-MiniLM-L6-v2" in result.stderr


def test_private_addresses_are_opened_only_when_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []

    def add_articles(sources: list[str], *_: object, allow_private: bool, ray: str | None) -> object:
        asked.append((sources, allow_private))
        return ingest.IngestReport((), 0, 0.0)

    monkeypatch.setattr(ingest, "add_articles", add_articles)
    run("ingest", "http://10.0.0.1/", "--index", tmp_path)
    run("ingest", "http://10.0.0.1/", "--index", tmp_path, "--allow-private")
    assert asked == [(["http://10.0.0.1/"], False), (["http://10.0.0.1/"], True)]


# ingest: mirroring


def test_dry_run_tells_and_makes_nothing(tmp_path: Path) -> None:
    folder, index = write_texts(tmp_path / "articles"), tmp_path / "index"
    result = run("ingest", folder, "--index", index, "--dry-run")
    assert result.exit_code == 0
    assert "3 added, 0 changed, 0 unchanged, 0 removed, 0 skipped; nothing was written" in result.stdout
    assert not index.exists()


def test_a_moved_file_is_told_with_its_place_before(own: Path, tmp_path: Path) -> None:
    (tmp_path / "articles" / "mile.txt").rename(tmp_path / "articles" / "bannister.txt")
    before = {article_id for title, article_id in ids(own).items() if title != "The Mile"}
    for arguments in (["--dry-run"], []):
        result = run("ingest", tmp_path / "articles", "--index", own, *arguments)
        assert result.exit_code == 0
        assert f"> The Mile  {tmp_path}/articles/bannister.txt  (was {tmp_path}/articles/mile.txt)" in result.stdout
        assert "0 added, 0 changed, 1 moved, 2 unchanged, 0 removed, 0 skipped" in result.stdout
    assert "; 0 passages in" in result.stdout
    assert before < set(ids(own).values())


def test_a_copy_is_listed_as_another_source_and_removing_one_leaves_the_other(own: Path, tmp_path: Path) -> None:
    copy = tmp_path / "articles" / "copy.txt"
    copy.write_text(TEXTS["mile.txt"], encoding="utf-8")
    run("ingest", tmp_path / "articles", "--index", own)
    listed = json.loads(run("articles", "--json", "--index", own).stdout)
    assert [one["other_sources"] for one in listed] == [[], [], [str(copy.with_name("mile.txt"))]]
    assert f"{copy} (also {copy.with_name('mile.txt')})" in run("articles", "--index", own).stdout
    removed = run("articles", "remove", copy, "--index", own)
    assert removed.exit_code == 0
    assert f"the same story is still there, from {copy.with_name('mile.txt')}" in removed.stderr
    assert [one["source"] for one in json.loads(run("articles", "--json", "--index", own).stdout)][2].endswith(
        "mile.txt"
    )


def test_a_second_writer_is_told_to_wait(own: Path, tmp_path: Path) -> None:
    with ArticleIndex.open(own).writing():
        result = run("ingest", tmp_path / "articles", "--index", own)
    assert result.exit_code == 1
    assert f"another process is adding to {own}" in result.stderr


def test_ctrl_c_ends_a_watch_cleanly(tmp_path: Path) -> None:
    folder = write_texts(tmp_path / "articles")
    command = [sys.executable, "-m", "ui.cli", "ingest", folder, "--index", tmp_path / "index", "--watch"]
    watch = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert watch.stdout is not None
    lines = iter(watch.stdout.readline, "")
    assert any("3 added" in one for one in lines)
    (folder / "new.txt").write_text("The Owl\n\nOwls hunt at night over the fields.", encoding="utf-8")
    assert next(lines) == f"+ The Owl  {folder}/new.txt\n"
    watch.send_signal(signal.SIGINT)
    _, said = watch.communicate(timeout=PATIENCE_SECONDS)
    assert watch.returncode == 0
    assert "Watching for changes" in said and "Stopped." in said
    assert "Traceback" not in said
    assert run("index", "check", "--index", tmp_path / "index").exit_code == 0


# articles


def test_articles_lists_every_article(shelf: Path) -> None:
    for arguments in (["articles"], ["articles", "list"]):
        lines = run(*arguments, "--index", shelf).stdout.splitlines()
        assert [line.split("\t")[1] for line in lines] == ["Marie Curie", "The Arctic Tern", "The Mile"]


def test_articles_as_json_is_an_array_of_objects(shelf: Path) -> None:
    for arguments in (["articles", "--json"], ["articles", "list", "--json"]):
        listed = json.loads(run(*arguments, "--index", shelf).stdout)
        assert [one["title"] for one in listed] == ["Marie Curie", "The Arctic Tern", "The Mile"]
        assert set(listed[0]) == {
            "id", "source", "other_sources", "title", "authors", "published", "language",
            "characters", "chunks", "added_at"
        }  # fmt: skip


def test_the_list_is_narrowed_by_author_period_and_subject(tmp_path: Path) -> None:
    index = tmp_path / "index"
    assert run("ingest", samples.ARTICLES, "--index", index).exit_code == 0

    def titles(*arguments: str) -> list[str]:
        result = run("articles", "list", *arguments, "--json", "--index", index)
        assert result.exit_code == 0, result.output
        return [one["title"] for one in json.loads(result.stdout)]

    assert titles("--author", "livia santoro") == ["Listening to Cheese"]
    assert titles("--since", "2024") == [
        "Ferry Street Library Reopens, 26 Inches Higher",
        "Sixty Years of the Bullet Train",
    ]
    assert titles("--since", "2024-06", "--until", "2024-06") == ["Ferry Street Library Reopens, 26 Inches Higher"]
    assert titles("--about", "railways in Japan") == ["Sixty Years of the Bullet Train"]
    assert titles("--about", "railways in Japan", "--until", "2020") == []
    nothing = run("articles", "--about", "football", "--index", index)
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "no article of the library fits" in nothing.stderr


def test_an_article_is_shown_by_the_beginning_of_its_id(shelf: Path) -> None:
    article_id = ids(shelf)["The Mile"]
    assert "Roger Bannister ran the first mile" in run("articles", "show", article_id[:6], "--index", shelf).stdout
    whole = json.loads(run("articles", "show", article_id, "--json", "--index", shelf).stdout)
    assert (whole["id"], "Oxford" in whole["text"]) == (article_id, True)


def test_articles_are_removed(own: Path) -> None:
    known = ids(own)
    result = run("articles", "remove", known["The Mile"], known["Marie Curie"][:8], known["The Mile"], "--index", own)
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 2
    assert set(ids(own)) == {"The Arctic Tern"}
    assert run("index", "check", "--index", own).exit_code == 0


def test_an_unknown_id_removes_nothing(own: Path) -> None:
    result = run("articles", "remove", ids(own)["The Mile"], "zzz", "--index", own)
    assert result.exit_code == 1
    assert "no article has the id zzz" in result.stderr
    assert len(ids(own)) == 3


def test_an_id_that_fits_several_is_refused(monkeypatch: pytest.MonkeyPatch, shelf: Path) -> None:
    stored = [SimpleNamespace(id="abc1", source="/1"), SimpleNamespace(id="abc2", source="/2")]
    monkeypatch.setattr(ArticleIndex, "articles", lambda self, copies=False: stored)
    result = run("articles", "show", "abc", "--index", shelf)
    assert result.exit_code == 1
    assert "the id abc fits 2 articles" in result.stderr


def test_an_unknown_id_is_shown_on_stderr(shelf: Path) -> None:
    result = run("articles", "show", "zzz", "--json", "--index", shelf)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "zzz" in result.stderr


# index


def test_a_sound_library_checks_out(shelf: Path) -> None:
    for arguments in (["index"], ["index", "check"]):
        result = run(*arguments, "--index", shelf)
        assert result.exit_code == 0
        assert result.stdout.startswith("sound: 3 articles, 3 passages")


def test_a_damaged_library_fails_the_check_until_it_is_rebuilt(own: Path) -> None:
    damaged = 0
    for file in own.rglob("*"):
        if file.is_file() and not file.name.startswith(("record", "writer")):
            file.write_bytes(b"")
            damaged += 1
    assert damaged
    result = run("index", "check", "--index", own)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "article-qa index rebuild" in result.stderr
    assert run("index", "rebuild", "--index", own).exit_code == 0
    assert run("index", "check", "--index", own).exit_code == 0


def test_a_library_can_be_embedded_again(own: Path) -> None:
    result = run("index", "rebuild", "--embedder", "all-MiniLM-L6-v2", "--index", own)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("sound: 3 articles")


# ask


def test_ask_as_json_prints_one_object_and_its_quote_is_in_the_article(library: ArticleIndex) -> None:
    result = run("ask", "when did Kanye propose?", "--json", "--threshold", "0", "--index", library.folder)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert set(answer) >= {"question", "answer", "score", "citations", "passages", "latency_ms"}
    assert answer["question"] == "when did Kanye propose?"
    [citation, *_] = answer["citations"]
    article = library.article(citation["article_id"])
    assert article is not None
    assert article.text[citation["start"] : citation["end"]] == citation["quote"]
    assert answer["answer"] in citation["quote"]


def test_ask_prints_answer_quote_and_article(library: ArticleIndex) -> None:
    question = "In what year was Marie Curie born?"
    answer = json.loads(run("ask", question, "--json", "--threshold", "0", "--index", library.folder).stdout)
    result = run("ask", question, "--threshold", "0", "--index", library.folder)
    assert result.stdout.splitlines()[0] == answer["answer"]
    assert answer["citations"][0]["title"] in result.stdout
    assert result.stderr == ""


def test_an_abstention_is_said_and_is_no_failure(library: ArticleIndex) -> None:
    result = run("ask", "Who won the 2031 chess olympiad?", "--threshold", "1", "--index", library.folder)
    assert result.exit_code == 0
    assert result.stdout.startswith(("Nothing in the articles", "I found no answer", "I’m not sure"))
    as_json = run("ask", "Who won the 2031 chess olympiad?", "--threshold", "1", "--json", "--index", library.folder)
    assert json.loads(as_json.stdout)["answer"] is None


def test_top_k_says_how_many_passages_are_read(library: ArticleIndex) -> None:
    answer = json.loads(run("ask", "Who?", "--json", "--top-k", "3", "--index", library.folder).stdout)
    assert len(answer["passages"]) == 3


@pytest.mark.parametrize("question", ["", " ?! ", "why " * 400], ids=["empty", "no words", "too long"])
def test_a_question_that_cannot_be_asked_exits_2(library: ArticleIndex, question: str) -> None:
    result = run("ask", question, "--json", "--index", library.folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("article-qa: the question")


def test_a_question_in_broken_characters_is_still_asked(library: ArticleIndex) -> None:
    result = run("ask", "when did Kanye propose\udcff?", "--json", "--index", library.folder)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["question"] == "when did Kanye propose�?"


def test_an_empty_library_is_told_beside_the_abstention(tmp_path: Path) -> None:
    ArticleIndex.open(tmp_path / "index").close()
    result = run("ask", "Who?", "--json", "--index", tmp_path / "index")
    assert (result.exit_code, json.loads(result.stdout)["answer"]) == (0, None)
    assert "holds no articles" in result.stderr.replace("\n", " ")


# chat


def test_chat_launches_the_page_with_what_was_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    launched: list[Any] = []
    page = SimpleNamespace(launch=lambda *given: launched.extend(given), Limits=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "ui.page", page)  # type: ignore[arg-type]
    options = ["--port", "8000", "--auth", "me:se:cret", "--auth", "you:x", "--max-upload", "5", "--top-k", "5"]
    assert run("chat", "--index", tmp_path, *options).exit_code == 0
    settings, host, port, logins, limits = launched
    assert (settings.index, settings.top_k) == (tmp_path, 5)
    assert (host, port, logins) == ("127.0.0.1", 8000, [("me", "se:cret"), ("you", "x")])
    assert (limits.upload_mb, limits.waiting) == (5, 64)
    assert (limits.allowed_hosts, limits.allowed_origins) == ((), ())


def test_logins_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    launched: list[Any] = []
    page = SimpleNamespace(launch=lambda *given: launched.extend(given), Limits=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "ui.page", page)  # type: ignore[arg-type]
    monkeypatch.setenv("ARTICLE_QA_AUTH", "me:secret you:x")
    assert run("chat", "--index", tmp_path).exit_code == 0
    assert launched[3] == [("me", "secret"), ("you", "x")]


def test_names_and_sites_may_be_given_or_stand_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    launched: list[Any] = []
    page = SimpleNamespace(launch=lambda *given: launched.extend(given), Limits=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "ui.page", page)  # type: ignore[arg-type]
    monkeypatch.setenv("ARTICLE_QA_ALLOWED_HOSTS", "a.example b.example:443")
    assert run("chat", "--index", tmp_path, "--allowed-origin", "https://c.example").exit_code == 0
    assert launched[4].allowed_hosts == ("a.example", "b.example:443")
    assert launched[4].allowed_origins == ("https://c.example",)


# feedback


def test_feedback_prints_everyones_as_a_test_set(shelf: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    shutil.copytree(shelf, library)
    result = run("feedback", "--index", library)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing was marked" in result.stderr
    history = History.open(library)
    for owner, feedback in (("a", Feedback(True)), ("b", Feedback(False, ("Warsaw",))), ("c", Feedback(False))):
        answered = Exchange(f"Where, {owner}?", Answer("Where?", "Paris", score=0.9))
        history.judge(owner, history.append(owner, None, answered), 0, feedback)
    history.close()
    result = run("feedback", "--index", library)
    assert [json.loads(line)["answers"] for line in result.stdout.splitlines()] == [["Paris"], ["Warsaw"]]
    assert "1 marked as wrong" in result.stderr
    (tmp_path / "set.jsonl").write_text(result.stdout, encoding="utf-8")
    assert run("eval", tmp_path / "set.jsonl", "--index", library).exit_code == 0


# eval


@pytest.fixture
def test_set(tmp_path: Path) -> Path:
    rows = [json.loads(line) for line in samples.QUESTIONS.read_text(encoding="utf-8").splitlines()]
    chosen = [row for row in rows if row["answers"]][:3] + [row for row in rows if not row["answers"]][:2]
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in chosen), encoding="utf-8")
    return path


def test_eval_writes_figures_predictions_and_report(library: ArticleIndex, test_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "new"
    result = run(
        "eval", test_set, "--index", library.folder,
        "--json", out / "figures.json", "--predictions", out / "predictions.jsonl", "--report", out / "report.html",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "has an answer" in result.stdout
    figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))
    assert set(figures) >= {
        "n", "exact_match", "f1", "has_answer", "no_answer", "answer_recall_at", "mrr_at_10", "abstention",
        "calibration_error", "latency_ms", "settings",
    }  # fmt: skip
    assert (figures["n"], figures["has_answer"]["n"], figures["no_answer"]["n"]) == (5, 3, 2)
    assert set(figures["answer_recall_at"]) == {"1", "3", "5", "10", "20"}
    assert figures["settings"]["test_set"] == str(test_set)
    predictions = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(predictions) == 5
    assert set(predictions[0]) == {
        "id", "question", "answers", "prediction", "kind", "score", "exact_match", "f1", "citations",
        "first_relevant_rank",
    }  # fmt: skip
    assert figures["exact_match"] == pytest.approx(sum(100 * one["exact_match"] for one in predictions) / 5)
    assert predictions[0]["question"] in (out / "report.html").read_text(encoding="utf-8")


def test_a_question_that_fails_is_named_and_the_rest_is_scored(library: ArticleIndex, tmp_path: Path) -> None:
    rows = [{"id": "long", "question": "why " * 400, "answers": []}, {"id": "ok", "question": "Who?", "answers": []}]
    (tmp_path / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = run("eval", tmp_path / "set.jsonl", "--index", library.folder, "--json", tmp_path / "figures.json")
    assert result.exit_code == 1
    assert "question long failed: the question has" in result.stderr
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert [one["id"] for one in figures["failed"]] == ["long"]


def test_a_broken_test_set_is_told_with_its_line(library: ArticleIndex, tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text('{"question": "Who?"}\n', encoding="utf-8")
    result = run("eval", tmp_path / "set.jsonl", "--index", library.folder)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 1: expected answers" in result.stderr


def test_gold_context_needs_no_library(tmp_path: Path) -> None:
    qas = [
        {"id": "a", "question": "Where was Marie Curie born?", "answers": [{"text": "Warsaw", "answer_start": 24}]},
        {"id": "b", "question": "Who won the 2031 chess olympiad?", "answers": [], "is_impossible": True},
    ]
    squad = {"data": [{"title": "Marie_Curie", "paragraphs": [{"context": TEXTS["curie.txt"], "qas": qas}]}]}
    (tmp_path / "squad.json").write_text(json.dumps(squad), encoding="utf-8")
    arguments = ["eval", tmp_path / "squad.json", "--gold-context", "--index", tmp_path / "none"]
    result = run(*arguments, "--json", tmp_path / "figures.json")
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert (figures["n"], figures["mrr_at_10"]) == (2, None)
    assert not (tmp_path / "none").exists()


# When things go wrong


def test_ctrl_c_is_one_line_and_130(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ingest, "add_articles", interrupted)
    result = run("ingest", tmp_path, "--index", tmp_path / "index")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "article-qa: interrupted\n")


def test_what_nobody_foresaw_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, shelf: Path) -> None:
    def broken(self: ArticleIndex, *arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ArticleIndex, "find_articles", broken)
    assert isinstance(run("articles", "--index", shelf).exception, ZeroDivisionError)


# Real processes


def process(*arguments: object, code: str | None = None) -> list[str]:
    start = ["-c", code] if code else ["-m", "ui.cli"]
    return [sys.executable, *start, *map(str, arguments)]


def test_a_real_process_answers_on_a_clean_stdout(library: ArticleIndex) -> None:
    command = process("ask", "when did Kanye propose?", "--json", "--index", library.folder)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["question"] == "when did Kanye propose?"
    assert done.stderr == ""


def test_an_answer_does_not_wait_for_pytorch_or_gradio(library: ArticleIndex) -> None:
    code = (
        "import sys, ui.cli\n"
        f"try: ui.cli.app(['ask', 'when did Kanye propose?', '--index', {str(library.folder)!r}])\n"
        "except SystemExit as end: assert not end.code\n"
        "print('heavy:', sorted({'torch', 'gradio', 'transformers'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(process(code=code), cwd=ROOT, capture_output=True, text=True, check=True)
    assert "2013" in done.stdout
    assert done.stderr == "heavy: []\n"


def test_a_reader_of_stdout_may_leave_early(library: ArticleIndex) -> None:
    command = " ".join(process("articles", "--json", "--index", library.folder)) + " | head -c 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[", "")


def test_a_terminal_that_knows_only_ascii_gets_question_marks_and_valid_json(shelf: Path) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    for arguments in (["articles"], ["articles", "--json"]):
        command = process(*arguments, "--index", shelf)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_in_a_real_process(tmp_path: Path) -> None:
    code = (
        "import sys, time, types\n"
        "fake = types.ModuleType('ingest')\n"
        "fake.add_articles = lambda *given, **options: (print('working', flush=True), time.sleep(600))\n"
        "sys.modules['ingest'] = fake\n"
        "from ui.cli import main\n"
        "main()\n"
    )
    command = process("ingest", tmp_path, "--index", tmp_path / "index", code=code)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "working\n"
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=PATIENCE_SECONDS)
    assert (running.returncode, told) == (130, "article-qa: interrupted\n")


# Serving


@pytest.mark.parametrize(
    ("arguments", "environment", "told"),
    [
        ([], {"ARTICLE_QA_AUTH": ""}, "names nobody"),
        ([], {"ARTICLE_QA_AUTH": "  "}, "names nobody"),
        (["--auth", ""], {}, "expected USER:PASSWORD"),
        (["--allowed-host", "a/b"], {}, "'a/b'"),
        (["--allowed-origin", "intranet.example"], {}, "'intranet.example'"),
        ([], {"ARTICLE_QA_ALLOWED_ORIGINS": "https://a.example *"}, "'*'"),
    ],
)
def test_chat_does_not_serve_where_it_is_not_clear_to_whom(
    arguments: list[str], environment: dict[str, str], told: str, tmp_path: Path
) -> None:
    result = run("chat", "--index", tmp_path / "index", *arguments, env=environment)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "index").exists()


def test_a_set_of_one_kind_is_scored_by_its_own_figures(library: ArticleIndex, tmp_path: Path) -> None:
    asked = tmp_path / "asked.jsonl"
    row = {"id": "1", "question": "Did the library reopen?", "answers": [], "kind": "yes_no", "verdict": "yes"}
    asked.write_text(json.dumps(row) + "\n", encoding="utf-8")
    shown = run("eval", asked, "--index", library.folder)
    assert shown.exit_code == 0
    assert "95 % within" not in shown.stdout
