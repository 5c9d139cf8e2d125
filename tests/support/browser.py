"""A browser without JavaScript: keeps cookies, follows redirects of this server, fills in the forms it is shown."""

import atexit
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from tests.support.server import Shared

# one pool of connections for every browser of a run
_POOL = Shared()
atexit.register(_POOL.release)


class Form:
    """A form of a page: where it leads, and what its hidden fields hold."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: dict[str, str] = {}
        self.visible: list[str] = []


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.title = ""
        self._in_heading = self._in_text = False
        self._name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert given["method"] == "post"
            self.forms.append(Form(given["action"]))
        elif tag == "input" and self.forms:
            if given["type"] != "hidden":
                self.forms[-1].visible.append(given["name"])
            if given["type"] not in ("radio", "checkbox") or "checked" in given:
                self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag in ("textarea", "select") and self.forms:
            self._name = given["name"]
            self._in_text = tag == "textarea"
            self.forms[-1].visible.append(self._name)
            self.forms[-1].fields[self._name] = ""
        elif tag == "option" and "selected" in given:
            self.forms[-1].fields[self._name] = given["value"]
        elif tag == "h1":
            self._in_heading = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self._in_heading = False
        elif tag == "textarea":
            self._in_text = False
            # a browser leaves out the line break right after the opening tag
            self.forms[-1].fields[self._name] = self.forms[-1].fields[self._name].removeprefix("\n")

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.title += data
        elif self._in_text:
            self.forms[-1].fields[self._name] += data


class Browser:
    """One browser. `status`, `title` and `text` are of the page that it shows, `url` is where that is; `left` is the
    address outside of the server that it was sent to last."""

    def __init__(self, url: str) -> None:
        self.root = url
        self.http = httpx.Client(base_url=url, follow_redirects=False, transport=_POOL)
        self.status = 0
        self.text = self.title = self.url = ""
        self.forms: list[Form] = []
        self.left: str | None = None
        self.answer: httpx.Response

    def open(self, path: str) -> "Browser":
        """Go to a page."""
        self._show(self.http.get(path))
        return self

    def submit(self, action: str | None = None, **values: str) -> "Browser":
        """Send the page's form, or the one that leads to `action`."""
        form = next(form for form in self.forms if action is None or form.action == action)
        self._show(self.http.post(form.action, data={**form.fields, **values}))
        return self

    def sign_in(self, email: str, password: str) -> "Browser":
        """Sign in from wherever the browser is."""
        if not any("password" in form.visible for form in self.forms):
            self.open("/account/sign-in")
        return self.submit("/account/sign-in", email=email, password=password)

    @property
    def session(self) -> str | None:
        """The secret of the session's cookie."""
        return self.http.cookies.get("hr_session")

    def _show(self, answer: httpx.Response) -> None:
        for _ in range(10):
            self.answer = answer
            if answer.status_code != 303:
                break
            target = urljoin(str(answer.url), answer.headers["location"])
            if not target.startswith(self.root + "/"):
                self.left = target
                return
            answer = self.http.get(target)
        self.status, self.text, self.url = answer.status_code, answer.text, str(answer.url)
        page = _Forms()
        page.feed(answer.text)
        self.forms, self.title = page.forms, page.title
