"""What deploy/ says holds together: services, networks, published ports, commands, files. Nothing is started here."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import typer.main
import yaml

from qa.settings import Settings
from tests import proxy
from ui.cli import app
from vectorstore.place import Address

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REPLICAS = {"replica1", "replica2", "replica3"}
DOCKERFILE = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text("utf-8"))
COMMANDS: Any = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def instructions(name: str) -> list[str]:
    return re.findall(rf"(?m)^{name} (.*)$", DOCKERFILE)


def on(network: str) -> set[str]:
    return {name for name, service in SERVICES.items() if network in service["networks"]}


def test_the_services_are_those_that_a_shared_library_needs() -> None:
    assert SERVICES.keys() == {"proxy", *REPLICAS, "indexer", "database", "chroma"}
    assert SERVICES["indexer"]["deploy"]["replicas"] == 2
    for service in SERVICES.values():
        assert service["restart"] == "unless-stopped"
        for needed in service.get("depends_on", ()):
            assert needed in SERVICES


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert all("network_mode" not in service and "privileged" not in service for service in SERVICES.values())
    assert on("page") == {"proxy", *REPLICAS}
    assert {name for name, network in COMPOSE["networks"].items() if (network or {}).get("internal")} == {
        "database",
        "vectors",
    }


def test_chroma_has_a_network_of_its_own() -> None:
    assert SERVICES["chroma"]["networks"] == ["vectors"]
    assert on("vectors") == {"chroma", "indexer", *REPLICAS}
    assert "proxy" not in on("database") | on("vectors")


def test_every_command_that_is_named_is_there() -> None:
    [cmd] = instructions("CMD")
    for command in (*(SERVICES[name]["command"] for name in ("replica1", "indexer")), yaml.safe_load(cmd)):
        known = {option for one in COMMANDS[command[0]].params for option in one.opts}
        assert {word for word in command[1:] if word.startswith("--")} <= known
    assert yaml.safe_load(instructions("ENTRYPOINT")[0]) == ["article-qa"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "article-qa" in project["scripts"]


def test_no_secret_stands_in_the_files_and_every_setting_is_known() -> None:
    known = {f"ARTICLE_QA_{name.upper()}" for name in Settings.model_fields}
    known |= {one.envvar for one in COMMANDS["chat"].params if one.envvar}
    for name in (*REPLICAS, "indexer"):
        environment = SERVICES[name]["environment"]
        assert {key for key in environment if key.startswith("ARTICLE_QA_")} <= known
        address = Address(environment["ARTICLE_QA_INDEX"])
        assert str(address) == environment["ARTICLE_QA_INDEX"]  # nothing in it is a secret
        assert {"database", "chroma"} <= set(re.findall(r"\w+", str(address)))
        assert environment["PGPASSWORD"].startswith("${DATABASE_PASSWORD:?")
    assert SERVICES["database"]["environment"]["POSTGRES_PASSWORD"] == environment["PGPASSWORD"]


def test_volumes_and_networks_are_declared_and_mounted_files_are_there() -> None:
    for service in SERVICES.values():
        assert set(service["networks"]) <= COMPOSE["networks"].keys()
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (DEPLOY / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"]


def test_the_image_is_made_by_the_projects_own_set_up_from_the_lock() -> None:
    copied = {path for line in instructions("COPY") for path in shlex.split(line)[:-1]}
    assert all((ROOT / path).exists() for path in copied)
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*wheel["only-include"], "constraints.txt", "pyproject.toml", "README.md", "LICENSE", "scripts"} == copied
    let_in = re.findall(r"(?m)^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8"))
    assert set(let_in) == copied
    assert "python scripts/setup.py --extra shared" in instructions("RUN")[0]
    assert instructions("USER") == ["reader"]
    assert instructions("EXPOSE") == ["7860"]
    assert re.fullmatch(r"python:3\.1[1-3]-\S+", instructions("FROM")[0])


def test_the_proxy_knows_every_replica_and_takes_its_rules(tmp_path: Path) -> None:
    text = proxy.CONFIG.read_text("utf-8")
    assert set(re.findall(r"\s(\w+):7860", text)) == REPLICAS
    [published] = SERVICES["proxy"]["ports"]
    assert f"bind :{published.rpartition(':')[2]}\n" in text
    file = tmp_path / "haproxy.cfg"
    file.write_text(proxy.config(18080, [7861, 7862]), encoding="utf-8")
    checked = subprocess.run([proxy.program(), "-c", "-f", file], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_page_on_deployment_names_what_is_there() -> None:
    told = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    for line in re.findall(r"(?m)^docker compose .*$", told):
        for name in re.findall(r"\b(?:up -d|exec|run --rm|logs|restart|stop) (?:-\S+ )*(\w+)", line):
            assert name in SERVICES, line
    assert set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text("utf-8"))) <= set(re.findall(r"\w+", told))
