"""What a name promises of its value: a password, a secret, maybe a key, or nothing of the kind.

Left out: values (`assigned`).

Rules
 - Names are read as people write them: `camelCase`, `snake_case`, `kebab-case`, `dotted.names`.
 - The last part says what a value is: `token_url` is an address, `password_hash` is still telling.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import Final

import regex


class Promise(IntEnum):
    """How surely a name belongs to a credential."""

    NOTHING = 0
    KEY = 1  # `key`, a provider's name: the value has to look random
    SECRET = 2
    PASSWORD = 3  # the value may be a plain word


# What is searched for in the text; each name around one of these is then read as a whole.
TELLING: Final = (
    *("pass", "pwd", "pswd", "psw", "secret", "token", "key", "auth", "cred", "jwt", "bearer"),
    *("salt", "sig", "cookie", "session", "psk", "kennwort", "contrase", "senha"),
)
PROVIDERS: Final = (
    *("adafruit", "adobe", "airbrake", "airtable", "algolia", "alibaba", "amplitude", "asana"),
    *("atlassian", "azure", "beamer", "bitbucket", "bitly", "bittrex", "bugsnag", "cloudflare"),
    *("cloudinary", "codecov", "cohere", "coinbase", "confluent", "contentful", "coveralls"),
    *("datadog", "deepgram", "discord", "disqus", "droneci", "dropbox", "etsy", "facebook"),
    *("fastly", "finicity", "finnhub", "firebase", "flickr", "foursquare", "freshbooks"),
    *("freshdesk", "github", "gitlab", "gitter", "heroku", "hubspot", "instagram", "intercom"),
    *("jenkins", "jfrog", "artifactory", "kraken", "kucoin", "launchdarkly", "linkedin"),
    *("looker", "mailchimp", "mailgun", "mandrill", "mapbox", "mattermost", "meraki"),
    *("messagebird", "mixpanel", "netlify", "newrelic", "new_relic", "nytimes", "okta"),
    *("openai", "openweather", "pagerduty", "pivotal", "plaid", "pusher", "rapidapi", "recaptcha"),
    *("rollbar", "salesforce", "segment", "sendbird", "sendgrid", "sentry", "shodan", "snyk"),
    *("sonar", "soundcloud", "spotify", "square", "squarespace", "steam", "stripe", "sumologic"),
    *("supabase", "telegram", "travis", "trello", "twilio", "twitch", "twitter", "vercel"),
    *("virustotal", "wakatime", "yandex", "yelp", "zendesk"),
)
NAME_CHARS_MAX: Final = 80

_PARTS: Final = regex.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+|[^\W\d_a-zA-Z]+")
_PASSWORDS: Final = (
    *("password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "pswd"),
    *("contrase", "senha", "userpass", "dbpass", "rootpass", "adminpass", "mypass"),
)
_PASSWORD_PARTS: Final = frozenset({"pass", "pwd", "psw", "pw", "psk", "dbpwd"})
_SECRETS: Final = ("secret", "apikey", "credential", "authkey", "accesskey", "privatekey")
_SECRET_PARTS: Final = frozenset({"token", "jwt", "bearer", "tokens", "creds", "cred", "salt"})
_KEYS: Final = frozenset(
    {"key", "signature", "cookie", "session", "sid", "sig", "nonce", "authorization"}
)
_BEFORE_KEY: Final = frozenset(
    {
        *("api", "access", "secret", "private", "auth", "account", "master", "signing", "sign"),
        *("encryption", "encrypt", "decryption", "crypt", "crypto", "cipher", "aes", "des", "rsa"),
        *("hmac", "storage", "shared", "service", "admin", "app", "application", "license"),
        *("licence", "activation", "product", "deploy", "publish", "write", "client", "consumer"),
        *("server", "subscription", "webhook", "ssh", "pgp", "gpg", "session", "user", "security"),
        *("ssl", "tls", "vapid", "maps", "site", "project", "instrumentation", "integration"),
    }
)
# A name that ends so names something about a credential, not the credential.
_ABOUT: Final = frozenset(
    {
        *("name", "names", "url", "uri", "urls", "path", "file", "filename", "dir", "folder"),
        *("field", "fields", "type", "types", "label", "prefix", "suffix", "length", "len", "size"),
        *("regex", "regexp", "pattern", "format", "header", "headers", "error", "errors", "msg"),
        *("message", "hint", "help", "placeholder", "policy", "env", "var", "variable", "param"),
        *("params", "parameter", "column", "count", "required", "invalid", "valid", "expired"),
        *("expiry", "expires", "expiration", "ttl", "timeout", "age", "lifetime", "duration"),
        *(
            "endpoint",
            "host",
            "issuer",
            "audience",
            "scope",
            "scopes",
            "mode",
            "method",
            "mismatch",
        ),
        *("algorithm", "alg", "strategy", "provider", "class", "factory", "service", "manager"),
        *("handler", "store", "storage", "index", "icon", "title", "text", "description", "desc"),
        *("input", "form", "page", "view", "button", "link", "template", "event", "action"),
        *(
            "code",
            "codes",
            "location",
            "source",
            "kind",
            "version",
            "attribute",
            "attr",
            "property",
        ),
        *("list", "set", "map", "dict", "table", "cache", "bucket", "schema", "strength", "rules"),
        *("checksum", "digest", "fingerprint", "integrity", "etag", "commit", "revision", "arn"),
        *("middleware", "guard", "reset", "changed", "created", "updated", "at", "date", "time"),
        *(
            "ref",
            "refs",
            "within",
            "encryption",
            "username",
            "user",
            "email",
            "login",
            "parameters",
            "position",
            "pos",
            "start",
            "end",
            "offset",
            "kinds",
            "id",
            "ids",
        ),
        *(
            "encoding",
            "charset",
            "style",
            "color",
            "css",
            "selector",
            "xpath",
            "element",
            "locator",
        ),
    }
)
_HASHES: Final = frozenset({"hash", "hashed", "encrypted", "digest", "crypted", "sha", "md"})
_WORDS_APART: Final = (
    "tokeniz",
    "tokenis",
    "secretar",
    "keyword",
    "keyboard",
    "keyframe",
    "author",
    "getpw",
)
_PLAIN_PROVIDERS: Final = tuple(sorted({word.replace("_", "") for word in PROVIDERS}))


@lru_cache(maxsize=4096)
def promise_of(name: str) -> Promise:
    """What `name`, an identifier or a chain of them, promises."""
    parts = [part.lower() for part in _PARTS.findall(name[-NAME_CHARS_MAX:])]
    while parts and (parts[-1].isdigit() or parts[-1] in {"value", "string", "str", "default"}):
        parts.pop()
    joined = "".join(parts)
    if not parts or parts[-1] in _ABOUT or any(word in joined for word in _WORDS_APART):
        return Promise.NOTHING
    if any(word in joined for word in _PASSWORDS) or _PASSWORD_PARTS & set(parts[-2:]):
        return Promise.PASSWORD
    if parts[-1] in _HASHES:
        return Promise.NOTHING
    if _is_secret(parts, joined):
        return Promise.SECRET
    keyed = parts[-1] in _KEYS or any(word in joined for word in _PLAIN_PROVIDERS)
    return Promise.KEY if keyed and parts[-1] != "keys" else Promise.NOTHING


def _is_secret(parts: list[str], joined: str) -> bool:
    return (
        any(word in joined for word in _SECRETS)
        or (parts[-1] in {"key", "keys"} and bool(_BEFORE_KEY & set(parts[-3:-1])))
        or bool(_SECRET_PARTS & set(parts[-2:]))
        or parts[-1].endswith("token")
        or parts[-1] == "auth"
    )
