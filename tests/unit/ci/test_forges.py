"""Comments on GitHub and GitLab, against servers that answer as they do: one comment, ours, whatever else fails."""

from collections.abc import Iterator

import pytest

from probewright.ci import forge as upserting
from probewright.ci import forge_api
from probewright.ci.forge import upsert
from probewright.ci.forge_api import ForgeApi, ForgeError
from probewright.ci.github import GitHub
from probewright.ci.gitlab import GitLab
from probewright.ci.posting import Post, post_of
from probewright.errors import ConfigError
from tests import forges
from tests.forges import CHANGE, DROP, TOKEN, Failure, Forge

MARKER = "<!-- probewright gate: nightly -->"
BODY = f"{MARKER}\nit failed"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forge_api, "PAUSE_S", 0.001)
    monkeypatch.setattr(upserting, "PAUSE_S", 0.001)


@pytest.fixture
def github() -> Iterator[Forge]:
    with forges.github() as forge:
        yield forge


@pytest.fixture
def gitlab() -> Iterator[Forge]:
    with forges.gitlab() as forge:
        yield forge


def of_github(forge: Forge, **more: str) -> GitHub:
    known = {"GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": "harbour/assistant", "GITHUB_TOKEN": TOKEN}
    return GitHub(known | more)


def of_gitlab(forge: Forge, token: str = TOKEN) -> GitLab:
    known = {"CI_API_V4_URL": forge.url, "CI_PROJECT_ID": "77", "CI_MERGE_REQUEST_IID": str(CHANGE)}
    return GitLab({**known, "GITLAB_TOKEN": token})


def test_a_second_comment_takes_the_place_of_the_first(github: Forge, gitlab: Forge) -> None:
    for forge, ours in ((github, of_github(github)), (gitlab, of_gitlab(gitlab))):
        assert upsert(ours, CHANGE, MARKER, BODY).is_new
        assert not upsert(ours, CHANGE, MARKER, f"{MARKER}\nit passed").is_new
        assert forge.own() == [f"{MARKER}\nit passed"]


def test_a_comment_is_found_behind_pages_of_others_and_the_next_address_is_never_taken_from_an_answer(
    github: Forge, gitlab: Forge
) -> None:
    for forge, ours in ((github, of_github(github)), (gitlab, of_gitlab(gitlab))):
        for number in range(230):
            forge.say("5", f"word {number}")
        forge.say(forge.bot, BODY)
        assert not upsert(ours, CHANGE, MARKER, BODY).is_new
        assert [line for line in forge.came if "page=3" in line]
        assert not [line for line in forge.came if "page=4" in line]


def test_a_comment_of_somebody_else_with_the_marker_is_left_alone(github: Forge, gitlab: Forge) -> None:
    for forge, ours in ((github, of_github(github)), (gitlab, of_gitlab(gitlab))):
        forge.say("5", f"{MARKER}\nmine")
        forge.say(forge.bot, f"> {MARKER}\nquoted by another job of the same bot")
        done = upsert(ours, CHANGE, MARKER, BODY)
        assert (done.is_new, done.strangers) == (True, 1)
        assert forge.notes[0].body == f"{MARKER}\nmine"
        assert len(forge.notes) == 3


def test_who_we_are_is_the_tokens_user_or_the_jobs_bot_or_what_is_said() -> None:
    with forges.github(has_user=True) as forge:
        assert of_github(forge).author() == "harbour-bot"
    with forges.github() as forge:
        assert of_github(forge).author() == "github-actions[bot]"
        assert of_github(forge, PROBEWRIGHT_COMMENT_AUTHOR="gate[bot]").author() == "gate[bot]"
    with forges.gitlab() as forge:
        assert of_gitlab(forge).author() == "4001"


@pytest.mark.parametrize("failure", [500, 502, 429, (403, {"Retry-After": "0"}), DROP])
@pytest.mark.parametrize("served", [0, 1, 2], ids=["who", "list", "write"])
def test_what_may_pass_is_tried_again(github: Forge, failure: Failure, served: int) -> None:
    for is_new in (True, False):
        github.failures = [*[None] * served, failure]
        assert upsert(of_github(github), CHANGE, MARKER, BODY).is_new is is_new
        assert github.failures == []
        assert len(github.own()) == 1


@pytest.mark.parametrize("failure", [500, DROP])
def test_a_new_comment_whose_answer_was_lost_is_not_written_twice(gitlab: Forge, failure: int) -> None:
    gitlab.failures, gitlab.is_carried_out = [None, None, failure], True
    assert not upsert(of_gitlab(gitlab), CHANGE, MARKER, BODY).is_new
    assert gitlab.own() == [BODY]


def test_a_refusal_is_one_line_and_never_holds_the_token(github: Forge, gitlab: Forge) -> None:
    for forge, ours in ((github, of_github(github)), (gitlab, of_gitlab(gitlab))):
        forge.failures = [(422, {})]
        with pytest.raises(ForgeError) as refused:
            upsert(ours, CHANGE, MARKER, BODY)
        said = str(refused.value)
        assert "\n" not in said
        assert "HTTP 422: it failed for ***" in said
        assert TOKEN not in said
        assert len(forge.came) == 1, "what can only fail again is not tried again"


def test_a_token_that_is_refused_and_a_forge_that_is_down_leave_the_verdict_alone(gitlab: Forge) -> None:
    said = Post(of_gitlab(gitlab, "wrong-token-77"), CHANGE).send("nightly", BODY)
    assert said.startswith("the comment was not posted, which changes no verdict: GitLab: GET")
    assert "HTTP 401: Bad credentials" in said
    assert "wrong-token-77" not in said
    down = GitLab({"CI_API_V4_URL": "http://127.0.0.1:9", "CI_PROJECT_ID": "77", "GITLAB_TOKEN": TOKEN})
    assert "no answer" in Post(down, CHANGE).send("nightly", BODY)
    assert Post(of_gitlab(gitlab), CHANGE).send("nightly", BODY).startswith("new comment: ")


def test_a_list_without_an_end_is_given_up(github: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forge_api, "PAGE", 1)
    monkeypatch.setattr(forge_api, "MOST_PAGES", 3)
    for number in range(5):
        github.say("5", f"word {number}")
    with pytest.raises(ForgeError, match="goes on after 3 items"):
        upsert(of_github(github), CHANGE, MARKER, BODY)
    assert not github.own()


def test_a_comment_without_its_marker_is_never_sent(github: Forge) -> None:
    with pytest.raises(ConfigError, match="not with its marker"):
        upsert(of_github(github), CHANGE, MARKER, "it failed")
    assert not github.came


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "nowhere to post"),
        ({"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "a/b"}, "GITHUB_TOKEN is empty"),
        ({"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "a"}, "allowed: OWNER/NAME"),
        ({"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "3"}, "CI_API_V4_URL is empty"),
    ],
)
def test_what_posting_lacks_is_found_before_anything_is_spent(
    environment: dict[str, str], said: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    event = tmp_path_factory.mktemp("event") / "event.json"
    event.write_text('{"pull_request": {"number": 3}}')
    with pytest.raises(ConfigError, match=said):
        post_of({**environment, "GITHUB_EVENT_PATH": str(event)})


def test_a_job_of_no_pull_request_posts_nothing_and_needs_no_token() -> None:
    assert post_of({"GITLAB_CI": "true"}) is None
    assert post_of({"GITHUB_ACTIONS": "true"}) is None


def test_an_api_without_an_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="no address of an API"):
        ForgeApi("GitLab", "file:///etc", {})
